"""``mainstay migrate``: bring the store to this version's schema."""

from mainstay.cli.options import AsJson, Data


def migrate(data: Data = None, as_json: AsJson = False) -> None:
    """Bring the store to the schema this version needs; makes it when there is none."""
    import asyncio

    from mainstay.cli.output import print_json
    from mainstay.cli.store import NEEDS
    from mainstay.settings import environment, load, overlaid

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    settings = load(overlaid(environment(), changes), needs=NEEDS)

    from mainstay import assembly

    before, after = asyncio.run(assembly.migrate(settings))
    if as_json:
        print_json({"from": before, "to": after})
    elif before == after:
        print(f"schema {after}: nothing to do")
    else:
        print(f"schema {before or 'none'} -> {after}")
