"""``mainstay anomalies``: whether this hour is as it was in past weeks."""

from typing import TYPE_CHECKING, Any

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from mainstay.domain.anomaly import Judgement


def anomalies(data: Data = None, as_json: AsJson = False) -> None:
    """Compare the newest hour with the same hour of the 8 weeks before."""
    from dataclasses import asdict

    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store
    from mainstay.domain.hour import HOUR_MS
    from mainstay.domain.moment import moment
    from mainstay.monitoring.health.hour_book import newest_judged

    hour, judgements = with_store(data, lambda store: newest_judged(store.hours))
    if hour is None:
        told: dict[str, Any] = {"hour": None, "counted_until": None, "turns": 0}
    else:
        told = {"hour": moment(hour.hour * HOUR_MS)}
        told |= {"counted_until": moment(hour.until_ms), "turns": hour.turns}
    if as_json:
        print_json(told | {"signals": [asdict(one) for one in judgements]})
        return
    if hour is not None:
        print(f"{told['hour']}: {hour.turns} turns until {told['counted_until']}")
    print_rows(list(map(_row, judgements)), "no hour is counted yet")


def _row(one: "Judgement") -> dict[str, Any]:
    """Return the row of a signal, its figures as short as they are read."""
    return {
        "signal": one.signal,
        "standing": one.standing,
        "score": f"{one.score:+.1f}",
        "value": f"{one.value:.4g}",
        "expected": f"{one.expected:.4g}",
        "weeks": one.weeks,
    }
