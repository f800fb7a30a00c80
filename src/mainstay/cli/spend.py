"""``mainstay spend``: what models cost today, and which customers most."""

from mainstay.cli.options import AsJson, Data

MOST = 20


def spend(data: Data = None, as_json: AsJson = False) -> None:
    """Show what models cost this UTC day, and the 20 dearest customers."""
    from dataclasses import asdict

    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store

    today = with_store(data, lambda s: s.spend.today(MOST))
    rows = [
        {"customer": customer, **asdict(one)}
        for customer, one in today.customers.items()
    ]
    if as_json:
        print_json({"day": today.day, **asdict(today.total), "customers": rows})
        return
    print(f"{today.day}: {today.total.tokens} tokens, ${today.total.usd:.4f}")
    print_rows(rows, "no customer")
