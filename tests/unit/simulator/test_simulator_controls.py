"""Faults, scripts and the call log over HTTP."""

import pytest
from tests.unit.simulator.conftest import HEADERS

SONNET = "claude-sonnet-5-5"
HAIKU = "claude-haiku-5-5"


async def test_faults_are_shown_and_cleared(sim):
    """GET shows what is set and how often it fired; DELETE heals everything."""
    await sim.control("PUT", "/faults", {"*": {"status": 529, "times": 1}})
    await sim.refused(529, "overloaded_error")
    shown = (await sim.control("GET", "/faults")).json()
    assert shown == {"*": [{"status": 529, "times": 1, "fired": 1, "healed": True}]}
    await sim.control("DELETE", "/faults")
    assert (await sim.control("GET", "/faults")).json() == {}


async def test_a_put_leaves_other_models_faults(sim):
    """PUT replaces by model; null and DELETE /faults/MODEL remove one model's."""
    await sim.control("PUT", "/faults", {SONNET: {"status": 500}, "*": {"status": 503}})
    await sim.control("PUT", "/faults", {"*": None})
    assert list((await sim.control("GET", "/faults")).json()) == [SONNET]
    await sim.control("DELETE", f"/faults/{SONNET}")
    assert (await sim.control("GET", "/faults")).json() == {}


async def test_the_first_fault_of_a_list_that_strikes_counts(sim):
    """A list gives a course of failures: one 500, then a 529, then health."""
    course = [{"status": 500, "times": 1}, {"status": 529, "times": 1}]
    await sim.control("PUT", "/faults", {"*": course})
    statuses = [(await sim.post()).status_code for _ in range(3)]
    assert statuses == [500, 529, 200]


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"statsu": 500}, "statsu"),
        ({"status": "500"}, "status"),
        ({"status": 99}, "status"),
        ({"probability": 2}, "probability"),
        ({"times": 0}, "times"),
        ({"when": "later"}, "when"),
        ({"pings_only": 1}, "pings_only"),
        ({"headers": []}, "headers"),
        ("broken", "object"),
    ],
)
async def test_a_fault_that_is_none_is_refused_by_name(sim, fault, word):
    """422 names the member, and nothing is set."""
    await sim.control("PUT", "/faults", {"*": {"status": 500}})
    response = await sim.control("PUT", "/faults", {"*": fault})
    assert response.status_code == 422
    assert word in response.json()["error"]
    assert (await sim.post()).status_code == 500


async def test_a_script_speaks_in_order_and_then_the_persona_again(sim):
    """PUT /script queues exact replies; the model's own come before those of ``*``."""
    use = {"name": "refund", "input": {"order_id": "1042"}}
    script = {SONNET: [{"text": "One."}, {"tool_use": [use]}], "*": [{"text": "Any."}]}
    await sim.control("PUT", "/script", script)
    assert (await sim.said())["content"][-1]["text"] == "One."
    second = await sim.said()
    assert second["stop_reason"] == "tool_use"
    assert second["content"][-1]["input"] == use["input"]
    assert (await sim.said())["content"][-1]["text"] == "Any."
    assert (await sim.said())["content"][-1]["text"].startswith("Hello!")
    assert (await sim.control("GET", "/script")).json() == {}


async def test_a_scripted_text_keeps_every_character(sim):
    """Pieces make up the text again, white space included."""
    text = "  Two  lines:\n\n- a\n- b \n"
    await sim.control("PUT", "/script", {"*": [{"text": text}]})
    assert (await sim.said())["content"][-1]["text"] == text


async def test_a_script_waits_while_a_fault_strikes(sim):
    """A failed call uses no scripted reply up."""
    await sim.control("PUT", "/faults", {"*": {"status": 500, "times": 1}})
    await sim.control("PUT", "/script", {"*": [{"text": "One."}]})
    await sim.refused(500, "api_error")
    assert (await sim.said())["content"][-1]["text"] == "One."


@pytest.mark.parametrize(
    "reply", ["One.", {}, {"text": 1}, {"tool_use": ["x"]}, {"say": "One."}]
)
async def test_a_reply_that_is_none_is_refused(sim, reply):
    """422, and nothing is queued."""
    response = await sim.control("PUT", "/script", {"*": [{"text": "A."}, reply]})
    assert response.status_code == 422
    assert (await sim.control("GET", "/script")).json() == {}


async def test_the_script_is_bounded(sim):
    """Ten thousand replies may wait, not one more."""
    script = {"*": [{"text": "A."}] * 10_000}
    assert (await sim.control("PUT", "/script", script)).status_code == 200
    more = {SONNET: [{"text": "A."}]}
    assert (await sim.control("PUT", "/script", more)).status_code == 422


async def test_calls_are_logged_in_order_without_their_text(sim, shop_tools):
    """GET /calls tells what was asked of whom and how it ended."""
    await sim.post(messages=[{"role": "user", "content": "secret"}])
    await sim.post(model=HAIKU, tools=shop_tools, tool_choice={"type": "none"})
    await sim.post(model="claude-9")
    log = (await sim.control("GET", "/calls")).json()
    assert log["total"] == 3
    assert log["per_model"] == {SONNET: 1, HAIKU: 1, "(unknown)": 1}
    assert log["per_status"] == {"200": 2, "404": 1}
    assert [c["n"] for c in log["calls"]] == [1, 2, 3]
    second = log["calls"][1]
    assert (second["model"], second["tools"], second["tool_choice"]) == (
        HAIKU,
        True,
        "none",
    )
    assert "secret" not in str(log)
    await sim.control("DELETE", "/calls")
    assert (await sim.control("GET", "/calls")).json()["total"] == 0


async def test_the_call_log_is_a_ring(sim_with):
    """Only the newest calls are remembered; all are counted."""
    sim = sim_with(call_log_size=2)
    for _ in range(5):
        await sim.post()
    log = (await sim.control("GET", "/calls")).json()
    assert (log["total"], [c["n"] for c in log["calls"]]) == (5, [4, 5])


async def test_a_wrong_method_is_refused(sim):
    """405 for what a route does not do."""
    assert (await sim.control("PUT", "/calls", {})).status_code == 405
    assert (await sim.control("POST", "/faults", {})).status_code == 405


async def test_requests_are_counted_by_path(sim):
    """So that a test can tell that something cost no tokens."""
    await sim.post()
    await sim.http.get("/v1/models?limit=1", headers=HEADERS)
    await sim.http.get(f"/v1/models/{SONNET}", headers=HEADERS)
    log = (await sim.control("GET", "/calls")).json()
    assert log["per_path"] == {"/v1/messages": 1, "/v1/models": 2}
    assert log["total"] == 1
    await sim.control("DELETE", "/calls")
    assert (await sim.control("GET", "/calls")).json()["per_path"] == {}


async def test_the_list_of_models_has_faults_of_its_own(sim):
    """Those of models, ``*`` too, are for calls; and a call has none of the path's."""
    await sim.control("PUT", "/faults", {"*": {"status": 500}})
    assert (await sim.http.get("/v1/models", headers=HEADERS)).status_code == 200
    path = {"/v1/models": {"status": 529, "times": 1, "latency_s": 0.001}}
    await sim.control("PUT", "/faults", {"*": None, **path})
    assert (await sim.post()).status_code == 200
    refused = await sim.http.get("/v1/models", headers=HEADERS)
    assert (refused.status_code, refused.json()["error"]["type"]) == (
        529,
        "overloaded_error",
    )
    assert (await sim.http.get("/v1/models", headers=HEADERS)).status_code == 200
