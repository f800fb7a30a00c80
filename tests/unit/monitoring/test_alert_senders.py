"""Senders say what their services' APIs ask for, and tell when they were refused."""

import email
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest
from tests.unit.monitoring.post_office import RIGHT, WRONG, post_office
from tests.unit.monitoring.told_places import Place, place

from mainstay.monitoring.alerting.alert import Alert
from mainstay.monitoring.alerting.notice import Notice, NotSent
from mainstay.monitoring.alerting.senders.email import Email, MailServer
from mainstay.monitoring.alerting.senders.heartbeat import Heartbeat
from mainstay.monitoring.alerting.senders.pagerduty import PagerDuty
from mainstay.monitoring.alerting.senders.slack import Slack
from mainstay.monitoring.alerting.senders.webhook import MAX_ALERTS, Webhook
from mainstay.system.clock import SystemClock

CLOCK = SystemClock()
KEY = "0123456789abcdef0123456789abcdef"
TEXTS = {
    "summary": "The queue is <long>",
    "description": "512 wait & more come",
    "runbook_url": "https://docs.example/docs/runbooks/QueueLong.md",
}


@pytest.fixture
def there() -> Iterator[Place]:
    """Give a place to tell."""
    with place() as one:
        yield one


def alert(state: str = "firing", **labels: str) -> Alert:
    """Return an alert that fires since 2023-11-14T22:13:20Z."""
    return Alert(
        name="QueueLong",
        labels={"severity": "page", **labels},
        annotations=TEXTS,
        value=512,
        since_s=1_699_999_000,
        fired_s=1_700_000_000,
        resolved_s=1_700_000_060.5 if state == "resolved" else None,
    )


def notice(*firing: Alert, resolved: tuple[Alert, ...] = ()) -> Notice:
    """Return what a page is told of."""
    return Notice(
        source="mainstay-test",
        name="QueueLong",
        severity="page",
        firing=firing,
        resolved=resolved,
    )


def test_a_webhook_gets_what_alertmanager_sends(there: Place) -> None:
    """Version 4, with status, groups, times and fingerprints."""
    Webhook(there.address, 60, CLOCK).send(
        notice(alert(q="a"), resolved=(alert("resolved", q="b"),))
    )
    (body,) = there.bodies
    assert (body["version"], body["status"]) == ("4", "firing")
    assert body["groupLabels"] == {"alertname": "QueueLong"}
    assert body["commonLabels"] == {"alertname": "QueueLong", "severity": "page"}
    assert body["commonAnnotations"] == TEXTS
    assert body["truncatedAlerts"] == 0
    fires, over = body["alerts"]
    assert fires["labels"] == {"alertname": "QueueLong", "severity": "page", "q": "a"}
    assert (fires["status"], fires["startsAt"]) == (
        "firing",
        "2023-11-14T22:13:20.000Z",
    )
    assert fires["endsAt"] == "0001-01-01T00:00:00Z"
    assert (over["status"], over["endsAt"]) == ("resolved", "2023-11-14T22:14:20.500Z")
    assert fires["fingerprint"] != over["fingerprint"]


def test_a_webhook_gets_no_more_than_it_can_read(there: Place) -> None:
    """The rest is counted."""
    many = [alert(q=str(n)) for n in range(MAX_ALERTS + 3)]
    Webhook(there.address, 60, CLOCK).send(notice(*many))
    (body,) = there.bodies
    assert (len(body["alerts"]), body["truncatedAlerts"]) == (MAX_ALERTS, 3)


def test_slack_gets_a_message_that_mentions_nobody(there: Place) -> None:
    """Title, what is wrong, what to do; signs of Slack's own are written out."""
    Slack(f"{there.address}/services/T/B/secret", 60, CLOCK).send(notice(alert()))
    ((path, body),) = there.heard
    assert path == "/services/T/B/secret"
    assert body["text"] == "[mainstay-test] page: QueueLong"
    (attachment,) = body["attachments"]
    text = attachment["blocks"][0]["text"]["text"]
    assert "The queue is &lt;long&gt;. 512 wait &amp; more come" in text
    assert TEXTS["runbook_url"] in text


def test_pagerduty_triggers_and_resolves_one_incident(there: Place) -> None:
    """Both events have one dedup_key; it differs for another deployment."""
    duty = PagerDuty(KEY, 60, CLOCK, there.address)
    duty.send(notice(alert()))
    duty.send(notice(resolved=(alert("resolved"),)))
    ((path, trigger), (_, resolve)) = there.heard
    assert path == "/v2/enqueue"
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert trigger["routing_key"] == resolve["routing_key"] == KEY
    assert trigger["dedup_key"] == resolve["dedup_key"]
    payload = trigger["payload"]
    assert (payload["severity"], payload["source"]) == ("critical", "mainstay-test")
    assert payload["summary"].startswith("[mainstay-test] page: QueueLong")
    assert trigger["links"] == [{"href": TEXTS["runbook_url"], "text": "What to do"}]
    other = Notice(source="other", name="QueueLong", severity="page", firing=[alert()])
    duty.send(other)
    assert there.bodies[2]["dedup_key"] != trigger["dedup_key"]


def test_a_heartbeat_is_a_sign_of_life_only(there: Place) -> None:
    """That it is over is what its absence says."""
    Heartbeat(there.address, CLOCK).send(notice(alert()))
    Heartbeat(there.address, CLOCK).send(notice())
    assert there.bodies == [{"source": "mainstay-test", "alert": "QueueLong"}]


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_refusal_is_told_without_the_secret(there: Place, status: int) -> None:
    """The reason is, the address is not."""
    there.status = status
    with pytest.raises(NotSent) as refused:
        Slack(f"{there.address}/secret", 60, CLOCK).send(notice(alert()))
    assert str(refused.value) == f"answered {status} no such key"


def test_a_refusal_that_quotes_the_address_keeps_the_secret(there: Place) -> None:
    """Many a server says which path it does not know."""
    there.status, path = 404, "/services/T0123456/B0123456/a-secret%20word"
    there.refusal = f"{'-' * 200} Cannot POST {path}, none at a-secret word"
    with pytest.raises(NotSent) as refused:
        Slack(f"{there.address}{path}?token=0123456789", 60, CLOCK).send(
            notice(alert())
        )
    assert str(refused.value).startswith("answered 404 ---")
    assert "secret" not in str(refused.value)
    there.refusal = f"POST {path}?token=0123456789"
    with pytest.raises(NotSent, match=r"^answered 404 POST …\?…$"):
        Slack(f"{there.address}{path}?token=0123456789", 60, CLOCK).send(
            notice(alert())
        )


def test_a_refusal_that_breaks_off_is_a_refusal(there: Place) -> None:
    """And no fault of ours, which would have it told again and again."""
    there.status, there.breaks_off, there.refusal = 502, True, "ff\r\nno"
    with pytest.raises(NotSent, match=r"^answered 502 no$"):
        Webhook(there.address, 60, CLOCK).send(notice(alert()))


def test_a_redirect_is_a_refusal(there: Place) -> None:
    """Following it would lose the message and look as if it had been taken."""
    there.status, there.location = 302, f"{there.address}/elsewhere"
    with pytest.raises(NotSent, match="302"):
        Webhook(there.address, 60, CLOCK).send(notice(alert()))
    assert len(there.heard) == 1


def test_who_cannot_be_reached_was_not_told() -> None:
    """Nobody listens there."""
    with place() as gone:
        address = gone.address
    with pytest.raises(NotSent, match="cannot be reached"):
        Webhook(f"{address}/secret", 60, CLOCK).send(notice(alert()))


def test_mail_goes_by_tls_with_the_password(tmp_path: Path) -> None:
    """In TLS before the password is sent, all of a rule in one thread."""
    with post_office(tmp_path) as office:
        server = MailServer(
            host="localhost", port=office.port, user="ops", password=RIGHT
        )
        to = ["a@shop.example", "b@shop.example"]
        mail = Email(server, "mainstay@shop.example", to, 60, CLOCK, office.trust)
        mail.send(notice(alert()))
        mail.send(notice(resolved=(alert("resolved"),)))
    assert office.was_secret == [True, True]
    assert office.logins == [("ops", RIGHT)] * 2
    first, second = (email.message_from_string(m, policy=default) for m in office.mails)
    assert first["Subject"] == "[mainstay-test] page: QueueLong"
    assert first["To"] == "a@shop.example, b@shop.example"
    assert "512 wait & more come" in first.get_content()
    assert TEXTS["runbook_url"] in first.get_content()
    assert second["Subject"] == "[mainstay-test] resolved: QueueLong"
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_mail_is_not_given_to_a_stranger(tmp_path: Path) -> None:
    """A certificate that nobody vouches for, or a wrong password: it was not sent."""
    with post_office(tmp_path) as office:
        server = MailServer(
            host="localhost", port=office.port, user="ops", password=WRONG
        )
        with pytest.raises(NotSent, match="certificate"):
            Email(server, "m@shop.example", ["a@b.example"], 60, CLOCK).send(
                notice(alert())
            )
        assert office.logins == []
        with pytest.raises(NotSent, match="535"):
            Email(
                server, "m@shop.example", ["a@b.example"], 60, CLOCK, office.trust
            ).send(notice(alert()))
    assert office.mails == []
