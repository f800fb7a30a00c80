import re

from gateway_world import ADMIN, OPERATOR, World

from mainstay.domain.wake import Wake
from mainstay.gateway.keyring import digest_of
from mainstay.ports.conversations import SlowTurn
from mainstay.ports.desk import DeadTurn


async def test_queue(world: World):
    """Administrators see the queue."""
    async with world.api(ADMIN) as api:
        queue = (await api.get("/v1/admin/queue")).json()
    assert queue == {
        "ready": 3,
        "in_flight": 2,
        "delayed": 1,
        "dead": 0,
        "oldest_age_s": 1.5,
        "exact": True,
    }


async def test_breakers(world: World):
    """Administrators see the breakers, and whose state it is."""
    async with world.api(ADMIN) as api:
        found = (await api.get("/v1/admin/breakers")).json()
    assert found["breakers"] == [
        {
            "name": "anthropic/main/claude",
            "state": "open",
            "scope": "fleet",
            "failures": 5,
            "retry_in_s": 41.5,
            "forced": None,
        }
    ]


async def test_forcing_a_breaker(world: World):
    """By its name, slashes and all; without a time it holds for an hour."""
    url = "/v1/admin/breakers/anthropic/main/claude"
    words = {"state": "closed", "reason": "a drill", "for_seconds": 90}
    async with world.api(ADMIN) as api:
        forced = (await api.post(url, json=words)).json()
        escaped = url.replace("anthropic/main", "anthropic%2Fmain")
        await api.post(escaped, json={"state": "open"})
        auto = (await api.post(url, json={"state": "auto"})).json()
    assert forced["forced"] == {
        "state": "closed",
        "for_seconds": 90,
        "reason": "a drill",
    }
    assert auto["forced"] is None
    said = [rest for _, *rest in world.breakers.said]
    name = "anthropic/main/claude"
    assert said[0] == [name, "closed", 90, "a drill"]
    assert said[1] == [name, "open", 3600, ""]
    assert all(actor.startswith("key:") for actor, *_ in world.breakers.said)


async def test_what_forces_nothing(world: World):
    """An unknown name, another state, a time without end, a lesser key."""
    url = "/v1/admin/breakers/anthropic/main/claude"
    async with world.api(ADMIN) as api:
        unknown = await api.post(f"{url}/x", json={"state": "open"})
        state = await api.post(url, json={"state": "shut"})
        long = await api.post(url, json={"state": "open", "for_seconds": 1e9})
        empty = await api.post(url)
    async with world.api(OPERATOR) as api:
        refused = await api.post(url, json={"state": "open"})
    found = [one.status_code for one in (unknown, state, long, empty, refused)]
    assert found == [404, 422, 422, 415, 403]
    assert world.breakers.said == []


async def test_spend(world: World):
    """Administrators see what models cost today, the dearest customer first."""
    async with world.api(ADMIN) as api:
        found = (await api.get("/v1/admin/spend")).json()
    eve = {"customer_id": "eve", "tokens": 900, "usd": 0.5}
    ada = {"customer_id": "ada", "tokens": 100, "usd": 0.25}
    total = {"day": "2027-01-15", "tokens": 1000, "usd": 0.75}
    assert found == total | {"customers": [eve, ada]}


async def test_the_slowest_turns(world: World):
    """Administrators see who waits, 20 at most; operators do not."""
    world.store.slow_rows = [
        SlowTurn(
            *(f"turn_{n}", "conv_1", "running", 2),
            held=True,
            level=4,
            accepted_at_ms=0,
            waited_ms=31_000,
        )
        for n in range(21)
    ]
    async with world.api(ADMIN) as api:
        found = (await api.get("/v1/admin/turns")).json()["turns"]
    async with world.api(OPERATOR) as api:
        refused = await api.get("/v1/admin/turns")
    assert len(found) == 20
    assert found[0] == {
        "turn_id": "turn_0",
        "conversation_id": "conv_1",
        "state": "running",
        "attempt": 2,
        "held": True,
        "fallback_level": 4,
        "accepted_at": "1970-01-01T00:00:00.000Z",
        "waited_ms": 31_000,
    }
    assert refused.status_code == 403


def dead_turn(n: int) -> DeadTurn:
    """Return a turn that died at the start of Unix time."""
    return DeadTurn(f"turn_{n}", f"conv_{n}", 6, 6, 0, 0, None)


async def test_redrive(world: World):
    """Dead turns are listed; a redrive revives the chosen ones and wakes for them."""
    world.store.dead_rows = [dead_turn(1), dead_turn(2)]
    async with world.api(ADMIN) as api:
        dead = (await api.get("/v1/admin/dead")).json()["dead"]
        one = await api.post("/v1/admin/redrive", json={"turn_ids": ["turn_1"]})
        rest = await api.post("/v1/admin/redrive")
        bad = await api.post("/v1/admin/redrive", json={"turn_ids": ["x"]})
    assert [d["turn_id"] for d in dead] == ["turn_1", "turn_2"]
    assert dead[0]["died_at"] == "1970-01-01T00:00:00.000Z"
    assert (one.json(), rest.json()) == ({"redriven": 1}, {"redriven": 1})
    assert bad.status_code == 422
    assert world.queue.published == [Wake("conv_1"), Wake("conv_2")]


async def test_redrive_with_a_broken_broker(world: World):
    """Redriven turns stay redriven when their wakes cannot be published."""
    world.queue.broken = True
    world.store.dead_rows = [dead_turn(1)]
    async with world.api(ADMIN) as api:
        answer = await api.post("/v1/admin/redrive")
    assert answer.json() == {"redriven": 1}


async def test_keys(world: World):
    """A key is shown once, stored as a hash, works, and ends when revoked."""
    async with world.api(ADMIN) as api:
        made = await api.post(
            "/v1/admin/keys", json={"name": "shop", "role": "operator"}
        )
        key = made.json()
        headers = {"authorization": f"Bearer {key['secret']}"}
        works = await api.get("/v1/escalations", headers=headers)
        listed = await api.get("/v1/admin/keys")
        ended = await api.delete(f"/v1/admin/keys/{key['id']}")
        after = await api.get("/v1/escalations", headers=headers)
        gone = await api.delete("/v1/admin/keys/key_nobody")
    assert made.status_code == 201
    assert re.fullmatch(r"mk_[\w-]{43}", key["secret"])
    assert digest_of(key["secret"]) in world.keys.stored
    assert works.status_code == 200
    assert key["secret"] not in listed.text
    assert key["id"] in listed.text
    assert ended.json()["revoked_at"] is not None
    assert (after.status_code, gone.status_code) == (401, 404)


async def test_answers(world: World):
    """Administrators see, approve and remove earlier answers; nobody else does."""
    async with world.api(ADMIN) as api:
        listed = (await api.get("/v1/admin/answers")).json()["answers"]
        approved = await api.post("/v1/admin/answers/ans_1/approve")
        removed = await api.delete("/v1/admin/answers/ans_1")
        gone = await api.post("/v1/admin/answers/ans_2/approve")
    async with world.api(OPERATOR) as api:
        refused = await api.get("/v1/admin/answers")
    assert listed == [
        {
            "id": "ans_1",
            "edition": "shop/en/1/aa",
            "question": "how do i return shoes",
            "text": "By post.",
            "customers": 2,
            "reviewed": False,
            "shared": False,
            "kept_at": "2027-01-15T08:00:00.000Z",
            "expires_at": "2027-01-15T08:00:01.000Z",
        }
    ]
    assert approved.json()["shared"]
    assert removed.json()["id"] == "ans_1"
    assert (gone.status_code, refused.status_code) == (404, 403)
    actor = next(key.id for key in world.keys.stored.values() if key.role == "admin")
    assert [what for what, _ in world.answers.done] == ["approve", "remove"]
    assert all(actor in who for _, who in world.answers.done)
