"""``mainstay alerts``: rules and what fires, silences, a test of who is told."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from pathlib import Path

    from mainstay.assembly.alert_board import Board, Line
    from mainstay.monitoring.alerting.alert import Alert
    from mainstay.settings import Settings

app = typer.Typer(
    help="Look at alerts, silence one for a time, test who is told.",
    rich_markup_mode=None,
)

ACTOR = "cli"
"""Who did it, in the audit."""

MAX_SILENCE_S = 30 * 86_400

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The alert, as mainstay alerts shows it.")
]

Duration = Annotated[
    str, typer.Option("--for", metavar="TIME", help="How long, e.g. 30m or 2h.")
]


@app.callback(invoke_without_command=True)
def show(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """List every rule, what fires or may soon, who tells of it, and silences."""
    if context.invoked_subcommand is not None:
        return
    import asyncio

    from mainstay.assembly.alert_board import board
    from mainstay.cli.output import print_json, print_rows

    settings = _settings(data)
    found = asyncio.run(board(settings))
    if as_json:
        print_json(_head(found) | {"alerts": [_row(line) for line in found.lines]})
        return
    print(_told(found, settings))
    print_rows([_row(line) for line in found.lines], "no rules")


@app.command()
def silence(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; it goes into the audit.")],
    for_: Duration = "1h",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell nobody of an alert for a time; that it is over is told all the same."""
    from mainstay.domain.errors import MainstayError
    from mainstay.monitoring.alerting.parser import seconds_of

    try:
        for_s = seconds_of(for_)
    except MainstayError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if not 0 < for_s <= MAX_SILENCE_S:
        message = "should be more than 0s and at most 30d."
        raise typer.BadParameter(message, param_hint="--for")
    if not reason.strip():
        raise typer.BadParameter("should say why.", param_hint="--reason")
    _silence(name, for_s, reason, data, as_json=as_json)


@app.command()
def unsilence(name: Name, data: Data = None, as_json: AsJson = False) -> None:
    """Tell of an alert again."""
    _silence(name, 0, "", data, as_json=as_json)


@app.command("test")
def send_tests(as_json: AsJson = False) -> None:
    """Send a test alert to everybody who is told, and that it is over."""
    from mainstay.assembly.alerting import send_test
    from mainstay.cli.output import print_json, print_rows
    from mainstay.domain.errors import MainstayError

    settings = _settings(None)
    if not settings.alerts_somebody:
        raise MainstayError(f"nobody is told of alerts; set {NAMES}")
    found = send_test(settings)
    rows = [{"told_by": t.sender, "result": t.fault or "taken"} for t in found]
    print_json(rows) if as_json else print_rows(rows, "")
    if any(one.fault for one in found):
        raise typer.Exit(1)


NAMES = "ALERT_SLACK_URL, ALERT_PAGERDUTY_KEY, ALERT_WEBHOOK_URL or ALERT_EMAIL_TO"


def _silence(
    name: str, for_s: float, reason: str, data: "Path | None", *, as_json: bool
) -> None:
    import asyncio

    from mainstay.assembly.alert_board import silence as silenced
    from mainstay.cli.output import print_json
    from mainstay.domain.moment import moment

    settings = _settings(data)
    until_ms = asyncio.run(silenced(settings, name, for_s, reason, ACTOR))
    until = moment(until_ms) if for_s else None
    if as_json:
        print_json({"name": name, "silenced_until": until})
    else:
        print(f"{name}: silenced until {until}" if until else f"{name}: not silenced")


def _settings(data: "Path | None") -> "Settings":
    from mainstay.cli.store import NEEDS
    from mainstay.settings import environment, load, overlaid

    changes = {} if data is None else {"MAINSTAY_DATA": data}
    return load(overlaid(environment(), changes), needs=NEEDS)


def _head(found: "Board") -> dict[str, Any]:
    from mainstay.domain.moment import moment

    left = found.memory
    return {
        "watcher": left.watcher or None,
        "watched_at": moment(left.played_s * 1000) if left.played_s else None,
        "pages": dict(left.pages),
        "faults": list(left.faults),
    }


def _told(found: "Board", settings: "Settings") -> str:
    """Return the line above the table: whether anybody watches, and tells."""
    head = _head(found)
    if head["watcher"] is None and not settings.alerts_somebody:
        return f"nobody is told, so nobody watches; set {NAMES}"
    if head["watcher"] is None:
        return "nobody has watched yet; a gateway does while it runs"
    up = sum(found.memory.pages.values())
    pages = f"{up} of {len(found.memory.pages)} processes seen"
    faults = f"; {'; '.join(head['faults'])}" if head["faults"] else ""
    return f"watched by {head['watcher']} at {head['watched_at']}: {pages}{faults}"


def _row(line: "Line") -> dict[str, Any]:
    from mainstay.domain.moment import moment

    alert, quiet = line.alert, line.silence
    since_s = None if alert is None else alert.fired_s or alert.since_s
    return {
        "alert": line.rule.name,
        "severity": line.rule.severity or None,
        "state": "ok" if alert is None else alert.state,
        "since": None if since_s is None else moment(since_s * 1000),
        "value": None if alert is None else alert.value,
        "labels": {} if alert is None else _own_labels(alert, line),
        "told_by": ", ".join(line.tells) or None,
        "silenced_until": None if quiet is None else moment(quiet.until_ms),
        "reason": None if quiet is None else quiet.reason,
    }


def _own_labels(alert: "Alert", line: "Line") -> dict[str, str]:
    """Return the labels that the rule does not give to all its alerts."""
    given = line.rule.labels
    return {name: told for name, told in alert.labels.items() if name not in given}
