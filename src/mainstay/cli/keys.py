"""``mainstay keys``: make, list and end API keys."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from mainstay.cli.options import AsJson, Data

app = typer.Typer(help="Create, list and revoke API keys.", rich_markup_mode=None)


class Role(StrEnum):
    """What a key may do; each role includes the ones before it."""

    CLIENT = "client"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What the key may do.")] = Role.CLIENT,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Create a key; its secret is shown this once."""
    from mainstay.cli.output import print_json
    from mainstay.cli.store import with_store
    from mainstay.gateway.keyring import digest_of, new_secret

    secret = new_secret()
    key = with_store(data, lambda s: s.keys.add(digest_of(secret), role.value, name))
    if as_json:
        print_json(_row(key) | {"secret": secret})
        return
    print(f"key {key.id}, role {key.role}")
    print(f"secret (shown once, only its hash is stored): {secret}")


@app.command("list")
def list_keys(data: Data = None, as_json: AsJson = False) -> None:
    """List all keys; secrets are not kept and cannot be shown."""
    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store

    rows = [_row(key) for key in with_store(data, lambda s: s.keys.list())]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, "no keys; make one with: mainstay keys create")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as keys list shows it.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """End a key."""
    from mainstay.cli.output import print_json
    from mainstay.cli.store import with_store

    key = with_store(data, lambda s: s.keys.revoke(key_id))
    if as_json:
        print_json(_row(key))
    else:
        print(f"key {key.id} is revoked")


def _row(key: Any) -> dict[str, Any]:
    from mainstay.domain.moment import moment

    revoked_ms = key.revoked_at_ms
    return {
        "id": key.id,
        "role": key.role,
        "name": key.name,
        "created_at": moment(key.created_at_ms),
        "revoked_at": None if revoked_ms is None else moment(revoked_ms),
    }
