"""``mainstay spend``: what models cost today, and which customers most."""

from typing import TYPE_CHECKING, Any

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from mainstay.domain.spend import Amount

MOST = 20

DECIMALS = 9
"""Of US dollars; a token costs some 1e-7, and sums have binary dust behind it."""


def spend(data: Data = None, as_json: AsJson = False) -> None:
    """Show what models cost this UTC day, and the 20 dearest customers."""
    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store

    today = with_store(data, lambda s: s.spend.today(MOST))
    if as_json:
        rows = [
            {"customer": name} | _told(one) for name, one in today.customers.items()
        ]
        print_json({"day": today.day} | _told(today.total) | {"customers": rows})
        return
    print(f"{today.day}: {today.total.tokens} tokens, ${today.total.usd:.4f}")
    rows = [
        {"customer": name, "tokens": one.tokens, "usd": f"{one.usd:.6f}"}
        for name, one in today.customers.items()
    ]
    print_rows(rows, "no customer")


def _told(one: "Amount") -> dict[str, Any]:
    return {"tokens": one.tokens, "usd": round(one.usd, DECIMALS)}
