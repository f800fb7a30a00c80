import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from gateway_ports import NOW_MS
from gateway_world import ADMIN, CLIENT, OPERATOR, World

from mainstay.gateway.keyring import REMEMBER_KEYS, digest_of
from mainstay.gateway.tokens import CustomerTokens

SECRET = "s" * 32
NOW_S = NOW_MS // 1000


def token(secret: Any = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """Return a token that is valid but for what is said."""
    good = {"sub": "ann", "aud": "mainstay", "exp": NOW_S + 60}
    kept = {k: v for k, v in (good | claims).items() if v is not None}
    return jwt.encode(kept, secret, algorithm=algorithm)


def hs256(world: World) -> CustomerTokens:
    """Return a verifier."""
    return CustomerTokens.hs256(SECRET, audience="mainstay", clock=world.clock)


async def status(world: World, secret: str | None, path: str, **more: Any) -> int:
    """Return the status of a GET."""
    async with world.api(secret, **more) as api:
        return (await api.get(path)).status_code


@pytest.mark.parametrize("secret", [None, "", "wrong", "x" * 5_000, "a.b.c"])
async def test_without_valid_credentials(world: World, secret: str | None):
    """Missing, empty, unknown and huge credentials are 401 with a challenge."""
    async with world.api(secret) as api:
        answer = await api.get("/v1/turns/turn_1")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["status"] == 401


async def test_roles(world: World):
    """Admin contains operator contains client."""
    ways = {
        (secret, path): await status(world, secret, path)
        for secret in (CLIENT, OPERATOR, ADMIN)
        for path in ("/v1/escalations", "/v1/admin/queue")
    }
    assert list(ways.values()) == [403, 403, 200, 403, 200, 200]


async def test_revoked_key_ends_within_five_seconds(world: World):
    """A looked-up key is trusted for at most 5 seconds."""
    id_ = await world.conversation()
    async with world.api() as api:
        assert (await api.get(f"/v1/conversations/{id_}")).status_code == 200
        key = await world.keys.find(digest_of(CLIENT))
        assert key is not None
        await world.keys.revoke(key.id)
        world.clock.passed_s += 5.0
        assert (await api.get(f"/v1/conversations/{id_}")).status_code == 401


async def test_keys_are_remembered_within_bounds(world: World):
    """A known key costs one lookup; guesses push neither it nor memory out."""
    async with world.api() as api:
        for n in range(REMEMBER_KEYS + 500):
            guess = {"authorization": f"Bearer guess-{n}"}
            await api.get("/v1/turns/turn_1", headers=guess)
            if n % 300 == 0:
                await api.get("/v1/turns/turn_1")
    assert world.keys.lookups == REMEMBER_KEYS + 501


async def test_store_down_for_credentials(world: World):
    """A key that cannot be looked up is 503, not 401."""
    world.keys.down = True
    assert await status(world, CLIENT, "/v1/turns/turn_1") == 503


@pytest.mark.parametrize(
    "bad",
    [
        {"exp": NOW_S - 6},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": NOW_S + 60},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"sub": "a b"},
        {"sub": "a\n"},
        {"secret": "t" * 32},
        {"algorithm": "HS512"},
        {"algorithm": "none", "secret": ""},
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_bad_customer_tokens(world: World, bad: dict[str, Any]):
    """Expired, foreign, unsigned and incomplete tokens are 401."""
    secret = token(**bad)
    path = "/v1/conversations/conv_1"
    assert await status(world, secret, path, tokens=hs256(world)) == 401


async def test_token_expires_while_remembered(world: World):
    """A verified token is good until its end, not longer."""
    id_ = await world.conversation("ann")
    secret = token(exp=NOW_S + 60)
    async with world.api(secret, tokens=hs256(world)) as api:
        assert (await api.get(f"/v1/conversations/{id_}")).status_code == 200
        world.clock.passed_s = 64
        assert (await api.get(f"/v1/conversations/{id_}")).status_code == 200
        world.clock.passed_s = 66
        assert (await api.get(f"/v1/conversations/{id_}")).status_code == 401


async def test_ed25519_tokens(world: World):
    """With a public key only EdDSA passes; signing HS256 with that key does not."""
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    tokens = CustomerTokens.eddsa(pem.decode(), audience="mainstay", clock=world.clock)
    id_ = await world.conversation("ann")
    path = f"/v1/conversations/{id_}"
    good = token(private, "EdDSA")
    assert await status(world, good, path, tokens=tokens) == 200

    def part(data: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    claims = {"sub": "ann", "aud": "mainstay", "exp": NOW_S + 60}
    unsigned = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(hmac.sign(unsigned.encode(), pem)).decode()
    forged = f"{unsigned}.{signature.rstrip('=')}"
    assert await status(world, forged, path, tokens=tokens) == 401


def test_weak_or_wrong_keys_are_refused(world: World):
    """A short secret and a key of another kind are refused at the start."""
    with pytest.raises(ValueError, match="32 bytes"):
        CustomerTokens.hs256("short", audience="mainstay", clock=world.clock)
    with pytest.raises(ValueError, match="Ed25519"):
        CustomerTokens.eddsa("nonsense", audience="mainstay", clock=world.clock)


async def test_customer_sees_own_things_only(world: World):
    """Another customer's conversation and turn are 404 in every way."""
    hers = await world.conversation("ann")
    his = await world.conversation("bob")
    async with world.api() as api:
        sent = await api.post(f"/v1/conversations/{his}/messages", json={"text": "hi"})
    turn = sent.json()["turn_id"]
    async with world.api(token(), tokens=hs256(world)) as api:
        assert (await api.get(f"/v1/conversations/{hers}")).status_code == 200
        for path in ("", "/messages", "/events"):
            answer = await api.get(f"/v1/conversations/{his}{path}")
            assert answer.status_code == 404
        answer = await api.post(f"/v1/conversations/{his}/messages", json={"text": "x"})
        assert answer.status_code == 404
        assert (await api.get(f"/v1/turns/{turn}")).status_code == 404
        assert (await api.get("/v1/approvals")).status_code == 403
        assert (await api.get("/v1/admin/queue")).status_code == 403
    assert len(world.store.log[his]) == 1


async def test_customer_acts_for_itself_only(world: World):
    """A customer token opens conversations of its subject, not of another."""
    async with world.api(token(), tokens=hs256(world)) as api:
        own = await api.post("/v1/conversations", json={})
        bare = await api.post("/v1/conversations")
        other = await api.post("/v1/conversations", json={"customer_id": "bob"})
    assert own.json()["customer_id"] == bare.json()["customer_id"] == "ann"
    assert other.status_code == 403


async def test_customer_sees_state_and_reply_of_a_turn(world: World):
    """Steps, effects and cost are for API keys; a customer sees state and reply."""
    id_ = await world.conversation("ann")
    async with world.api(token(), tokens=hs256(world)) as api:
        sent = await api.post(f"/v1/conversations/{id_}/messages", json={"text": "hi"})
        turn_id = sent.json()["turn_id"]
        world.store.answer(turn_id, "hello")
        mine = (await api.get(f"/v1/turns/{turn_id}")).json()
    async with world.api() as api:
        whole = (await api.get(f"/v1/turns/{turn_id}")).json()
    assert mine.keys() == {"id", "conversation_id", "state", "reply"}
    assert mine["state"] == "answered"
    assert {"steps", "effects", "usage", "cost_usd", "timings"} < whole.keys()
    assert whole["reply"] == mine["reply"]
