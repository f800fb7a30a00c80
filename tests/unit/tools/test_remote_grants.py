"""Who may call a tool: the signed token of one request."""

import dataclasses
from typing import Any

import jwt
import pytest

from mainstay.domain.errors import MainstayError
from mainstay.testing.clock import ManualClock
from mainstay.tools.service.guard import Guard, NotAdmitted
from mainstay.tools.service.options import ServiceOptions
from mainstay.tools.wire.grant import Grant, GrantKey, GrantRefused, hash_args
from mainstay.tools.wire.words import BUSY, GRANT, GRANT_REFUSED, REPLAYED

SECRET = "a secret of the tests, 32 bytes long"  # noqa: S105 - nobody's
OTHER = "b secret of the tests, 32 bytes long"
ARGS = {"order_id": "7", "amount": 5.0, "note": "Zoë \ud83d"}


def grant(clock: ManualClock, **changes: Any) -> Grant:
    """Return a grant for ``pay`` that lasts 20 s."""
    expires_s = clock.now_ms() // 1000 + 20
    whole = Grant(
        "1", "pay", hash_args(ARGS), "ada", "conv", "turn", "key-1", expires_s
    )
    return dataclasses.replace(whole, **changes)


def guard(clock: ManualClock, **limits: int) -> Guard:
    """Return a guard that knows the secret."""
    return Guard(GrantKey(SECRET), clock, ServiceOptions(**limits))


def carried(token: object) -> dict[str, object]:
    """Return a request's ``_meta`` with a token."""
    return {GRANT: token}


def test_a_grant_comes_back_whole() -> None:
    """Customer, conversation, turn and key are what the worker signed."""
    clock = ManualClock()
    given = grant(clock)
    token = GrantKey(SECRET).sign(given)
    assert guard(clock).admit(carried(token), "pay", ARGS) == given


@pytest.mark.parametrize("meta", [None, {}, {GRANT: 7}, {GRANT: "x.y.z"}, {GRANT: ""}])
def test_a_missing_grant_is_refused(meta: dict[str, Any] | None) -> None:
    """Without a token nothing is called."""
    with pytest.raises(NotAdmitted) as refusal:
        guard(ManualClock()).admit(meta, "pay", ARGS)
    assert refusal.value.code == GRANT_REFUSED


def test_a_grant_of_another_secret_is_refused() -> None:
    """Only who knows the secret can grant."""
    clock = ManualClock()
    with pytest.raises(NotAdmitted) as refusal:
        guard(clock).admit(carried(GrantKey(OTHER).sign(grant(clock))), "pay", ARGS)
    assert refusal.value.code == GRANT_REFUSED
    assert "MAINSTAY_TOOLS_SECRET" in str(refusal.value)


def test_an_unsigned_grant_is_refused() -> None:
    """A token that names "none" as its algorithm is forged."""
    clock = ManualClock()
    signed = GrantKey(SECRET).sign(grant(clock))
    claims = jwt.decode(signed, options={"verify_signature": False})
    forged = jwt.encode(claims, "", algorithm="none")
    with pytest.raises(GrantRefused):
        GrantKey(SECRET).read(forged, clock.now_ms())


@pytest.mark.parametrize("change", [{"aud": "mainstay"}, {"key": 7}, {"exp": "soon"}])
def test_a_token_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    """A token for another audience, or with a claim of another type, is no grant."""
    clock = ManualClock()
    signed = GrantKey(SECRET).sign(grant(clock))
    claims = jwt.decode(signed, options={"verify_signature": False})
    token = jwt.encode({**claims, **change}, SECRET, algorithm="HS256")
    with pytest.raises(GrantRefused):
        GrantKey(SECRET).read(token, clock.now_ms())


@pytest.mark.parametrize("claim", ["aud", "exp", "jti", "sub", "key", "args", "tool"])
def test_every_claim_is_required(claim: str) -> None:
    """A token that leaves a claim out is no grant."""
    clock = ManualClock()
    signed = GrantKey(SECRET).sign(grant(clock))
    claims = jwt.decode(signed, options={"verify_signature": False})
    del claims[claim]
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    with pytest.raises(GrantRefused):
        GrantKey(SECRET).read(token, clock.now_ms())


async def test_an_expired_grant_is_refused() -> None:
    """From the second of its expiry on it is worth nothing."""
    clock = ManualClock()
    token = GrantKey(SECRET).sign(grant(clock))
    await clock.run_for(20)
    with pytest.raises(NotAdmitted, match="expired") as refusal:
        guard(clock).admit(carried(token), "pay", ARGS)
    assert refusal.value.code == GRANT_REFUSED


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("refund", ARGS),
        ("pay", {**ARGS, "amount": 500.0}),
        ("pay", {**ARGS, "customer_id": "eve"}),
        ("pay", {**ARGS, "amount": float("nan")}),
        ("pay", {}),
    ],
)
def test_a_grant_is_for_one_call(tool: str, args: dict[str, Any]) -> None:
    """A token cannot be used for another tool or other arguments."""
    clock = ManualClock()
    token = GrantKey(SECRET).sign(grant(clock))
    with pytest.raises(NotAdmitted, match="another call") as refusal:
        guard(clock).admit(carried(token), tool, args)
    assert refusal.value.code == GRANT_REFUSED


def test_a_grant_counts_once() -> None:
    """The same token a second time is refused, and is not said to have done nothing."""
    clock = ManualClock()
    token = GrantKey(SECRET).sign(grant(clock))
    lets = guard(clock)
    lets.admit(carried(token), "pay", ARGS)
    with pytest.raises(NotAdmitted) as refusal:
        lets.admit(carried(token), "pay", ARGS)
    assert refusal.value.code == REPLAYED


async def test_used_grants_are_bounded_and_forgotten() -> None:
    """What is remembered has a limit, and room returns as grants expire."""
    clock = ManualClock()
    lets = guard(clock, max_grants=2)
    key = GrantKey(SECRET)
    for n in "12":
        lets.admit(carried(key.sign(grant(clock, grant_id=n))), "pay", ARGS)
    third = key.sign(grant(clock, grant_id="3", expires_s=clock.now_ms() // 1000 + 99))
    with pytest.raises(NotAdmitted) as refusal:
        lets.admit(carried(third), "pay", ARGS)
    assert refusal.value.code == BUSY
    await clock.run_for(20)
    assert lets.admit(carried(third), "pay", ARGS).grant_id == "3"


def test_a_short_secret_is_refused() -> None:
    """Fewer than 32 bytes are refused with the way out, and not shown."""
    with pytest.raises(MainstayError, match="MAINSTAY_TOOLS_SECRET") as refusal:
        GrantKey("too short")
    assert "too short" not in str(refusal.value)


def test_equal_json_has_one_hash() -> None:
    """The order of names does not count; the values do."""
    assert hash_args({"a": 1, "b": [None]}) == hash_args({"b": [None], "a": 1})
    assert hash_args({"a": 1}) != hash_args({"a": "1"})
