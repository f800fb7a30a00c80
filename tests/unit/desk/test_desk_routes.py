from gateway_ports import NOW_MS
from gateway_world import CLIENT, OPERATOR, World

from mainstay.domain.wake import Wake
from mainstay.ports.desk import Escalation
from mainstay.ports.journal import Approval
from mainstay.ports.telemetry import Trouble


async def test_take_over_reply_hand_back(world: World):
    """A human takes over, answers and hands back; the hand-back wakes a worker."""
    id_ = await world.conversation()
    base = f"/v1/conversations/{id_}"
    async with world.api(OPERATOR) as api:
        early = await api.post(f"{base}/reply", json={"text": "hello"})
        taken = await api.post(f"{base}/takeover", json={"reason": "angry"})
        again = await api.post(f"{base}/handoff")
        said = await api.post(f"{base}/reply", json={"text": "hello"})
        back = await api.post(f"{base}/handback")
    assert early.status_code == 409
    expected = {"conversation_id": id_, "owner": "human", "changed": True}
    assert taken.json() == expected
    assert again.json() == expected | {"changed": False}
    assert said.status_code == 201
    assert said.json()["role"] == "human"
    assert back.json() == {"conversation_id": id_, "owner": "ai", "changed": True}
    assert world.queue.published == [Wake(id_)]
    key = await world.keys.list()
    assert world.desk.done[0] == ("take_over", id_, f"key:{key[1].id}", "angry")


async def test_approvals(world: World):
    """A waiting call is listed, decided once, and its turn's worker is woken."""
    waits = Approval("appr_1", "conv_1", "turn_1", "refund", {"a": 1}, "k", "waiting")
    world.store.waiting["appr_1"] = waits
    async with world.api(OPERATOR) as api:
        listed = await api.get("/v1/approvals")
        path = "/v1/approvals/appr_1"
        wrong = await api.post(path, json={"decision": "maybe"})
        done = await api.post(path, json={"decision": "approve"})
        twice = await api.post(path, json={"decision": "deny"})
        none = await api.post("/v1/approvals/appr_2", json={"decision": "deny"})
    assert listed.json()["approvals"][0]["tool"] == "refund"
    assert done.json()["state"] == "approved"
    assert [a.status_code for a in (wrong, twice, none)] == [422, 409, 404]
    assert world.queue.published == [Wake("conv_1")]


async def test_escalations(world: World):
    """The human inbox lists why somebody should look."""
    item = Escalation("esc_1", "conv_1", None, "level_4", NOW_MS)
    world.store.items.append(item)
    async with world.api(OPERATOR) as api:
        body = (await api.get("/v1/escalations")).json()
    (shown,) = body["escalations"]
    assert shown["cause"] == "level_4"


async def test_only_operators(world: World):
    """A client key changes nothing."""
    id_ = await world.conversation()
    async with world.api(CLIENT) as api:
        for what in ("handoff", "takeover", "handback", "reply"):
            answer = await api.post(f"/v1/conversations/{id_}/{what}", json={})
            assert answer.status_code == 403
    assert world.desk.done == []


async def test_bad_input(world: World):
    """Unknown conversations, blank texts and unknown fields are refused."""
    id_ = await world.conversation()
    base = f"/v1/conversations/{id_}"
    async with world.api(OPERATOR) as api:
        unknown = await api.post("/v1/conversations/conv_x9/takeover")
        blank = await api.post(f"{base}/reply", json={"text": " "})
        extra = await api.post(f"{base}/takeover", json={"why": "x"})
        null = await api.post(f"{base}/takeover", json={"reason": "a\0"})
        long = await api.post(f"{base}/reply", json={"text": "x" * 33_000})
    found = [a.status_code for a in (unknown, blank, extra, null, long)]
    assert found == [404, 422, 422, 422, 413]


async def test_broken_broker(world: World):
    """A hand-back stands even when its wake cannot be published."""
    id_ = await world.conversation()
    world.queue.broken = True
    async with world.api(OPERATOR) as api:
        answer = await api.post(f"/v1/conversations/{id_}/handback")
    assert answer.status_code == 200
    (trouble,) = world.telemetry.events
    assert isinstance(trouble, Trouble)
    assert trouble.where == "desk.publish"
