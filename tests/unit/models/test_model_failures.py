"""Every error of the API has its kind: the table by which the ladder decides."""

from datetime import UTC, datetime

import pytest

from mainstay.models.failures import of_error_event, of_status, retry_after_s

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def error(type_: str, message: str = "No.", code: str | None = None) -> dict:
    """Return an error body as the API sends it."""
    found = {"type": type_, "message": message}
    details = {"details": {"error_code": code}} if code else {}
    return {"type": "error", "error": {**found, **details}, "request_id": "req_1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid"),
        (422, "invalid"),
        (413, "too_long"),
        (401, "auth"),
        (402, "auth"),
        (403, "auth"),
        (404, "model_gone"),
        (408, "server"),
        (409, "conflict"),
        (429, "rate_limited"),
        (500, "server"),
        (502, "server"),
        (503, "server"),
        (504, "server"),
        (520, "server"),
        (529, "overloaded"),
        (418, "invalid"),
        (307, "invalid"),
    ],
)
@pytest.mark.parametrize("body", [error("any_error"), "<html>", None, [], {"error": 5}])
def test_a_status_has_its_kind(status, kind, body):
    """The status decides, whatever a proxy put into the body."""
    failure = of_status(status, body, {}, NOW)
    assert failure.kind == kind
    assert failure.status == status
    assert not failure.shown


@pytest.mark.parametrize(
    "message",
    [
        "prompt is too long: 1000001 tokens > 1000000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000",
    ],
)
def test_a_prompt_that_does_not_fit_is_too_long(message):
    """A 400 for length can be cured by sending less; any other cannot."""
    body = error("invalid_request_error", message)
    assert of_status(400, body, {}, NOW).kind == "too_long"


@pytest.mark.parametrize(
    "code",
    [
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    ],
)
def test_a_spend_limit_turns_the_provider_off(code):
    """A 429 of a spend limit is no rate limit: waiting does not help."""
    assert of_status(429, error("rate_limit_error", code=code), {}, NOW).kind == "spent"


def test_a_spend_limit_of_ones_own_turns_the_provider_off():
    """The customer's own spend limit comes as a 400 and is known by its words."""
    for where in ("", "workspace "):
        words = f"You have reached your specified {where}API usage limits."
        body = error("invalid_request_error", words)
        assert of_status(400, body, {}, NOW).kind == "spent"


def test_a_ramp_limit_is_no_rate_limit():
    """Growing too fast passes after retry-after, and then only in small steps."""
    body = error("rate_limit_error", code="ramp_limit_exceeded")
    failure = of_status(429, body, {"retry-after": "12"}, NOW)
    assert (failure.kind, failure.retry_after_s) == ("ramp_limited", 12.0)


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("0", 0.0),
        ("12", 12.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("86400", 3600.0),
        ("inf", 3600.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 3600.0),
        ("Mon, 23 Nov 2026 12:00:30", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(wish, seconds):
    """A number or an HTTP date becomes seconds within an hour; the rest is ignored."""
    assert retry_after_s({"retry-after": wish}, NOW) == seconds


def test_no_retry_after_is_none():
    """Without the header nobody is told to wait."""
    assert retry_after_s({}, NOW) is None


def test_details_hold_names_only():
    """A detail names status, type and code, and nothing that looks like words."""
    failure = of_status(400, error("invalid_request_error", "Ada said no"), {}, NOW)
    assert failure.detail == "HTTP 400 invalid_request_error"
    coded = error("rate_limit_error", code="ramp_limit_exceeded")
    assert of_status(429, coded, {}, NOW).detail == (
        "HTTP 429 rate_limit_error ramp_limit_exceeded"
    )
    strange = error("Ada said: sk-ant-1\n", code="x y")
    assert of_status(500, strange, {}, NOW).detail == "HTTP 500"


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (error("overloaded_error"), "overloaded"),
        (error("timeout_error"), "server"),
        (error("conflict_error"), "conflict"),
        (error("request_too_large"), "too_long"),
        (error("invalid_request_error", "prompt is too long: 9 > 8"), "too_long"),
        (error("rate_limit_error", code="enforced_spend_limit_reached"), "spent"),
        (error("rate_limit_error", code="ramp_limit_exceeded"), "ramp_limited"),
        (error("api_error", code="ramp_limit_exceeded"), "server"),
        (error("new_error"), "server"),
        ({"error": {}}, "server"),
    ],
)
def test_an_error_event_has_its_kind(found, kind):
    """An error event is read as the error of the same type would be."""
    assert of_error_event(found["error"]).kind == kind
