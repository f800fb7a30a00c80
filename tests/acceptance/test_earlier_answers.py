"""Earlier answers from end to end: given again, told for what they are, taken away."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.acceptance.server import PRIMARY, Server, StandIn, serving

DOWN = {"status": 529, "error_type": "overloaded_error"}
ASKED = "Do your tents have pockets inside?"
ANSWER = "Yes, two of them, one on each side."


def answers(server: Server) -> list[Any]:
    """Return what administrators see."""
    status, body, _ = server.call("GET", "/v1/admin/answers")
    assert status == 200
    return body["answers"]


def mainstay(server: Server, *words: str) -> Any:
    """Run a command beside the server; return its JSON."""
    command = [sys.executable, "-m", "mainstay", *words, "--json"]
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH")}
    done = subprocess.run(
        [*command, "--data", str(server.folder)],
        env=kept,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def tell(server: Server, stand_in: StandIn, *customers: str) -> None:
    """Let the model answer each of them in the same words."""
    stand_in.control("PUT", "/script", {PRIMARY: [{"text": ANSWER}] * len(customers)})
    for customer in customers:
        reply = server.say(server.open(customer), ASKED)["reply"]
        assert (reply["response"], reply["fallback_level"]) == (ANSWER, 0)


def test_what_three_were_told_a_fourth_is_given(
    server: Server, stand_in: StandIn
) -> None:
    """It says that it was another's answer; removed by a command, it is gone."""
    tell(server, stand_in, "ada", "ben", "cem")
    stand_in.fail(every=DOWN)
    reply = server.say(server.open("dan"), "do your tents have pockets inside")["reply"]
    assert (reply["fallback_level"], reply["model"]) == (3, "cache")
    assert ANSWER in reply["response"]
    assert "the answer to a similar question before" in reply["response"]
    (kept,) = mainstay(server, "answers", "list")
    assert (kept["text"], kept["customers"], kept["shared"]) == (ANSWER, 3, True)
    assert mainstay(server, "answers", "remove", kept["id"])["id"] == kept["id"]
    assert answers(server) == []
    assert server.ask(ASKED)["fallback_level"] == 4
    assert mainstay(server, "audit", "verify")["intact"]


def test_one_answer_and_a_human_are_enough(server: Server, stand_in: StandIn) -> None:
    """Not given before it was approved over HTTP, given after it, then erased."""
    tell(server, stand_in, "ada")
    stand_in.fail(every=DOWN)
    assert server.ask(ASKED)["fallback_level"] == 4
    (kept,) = answers(server)
    path = f"/v1/admin/answers/{kept['id']}"
    assert server.call("POST", f"{path}/approve")[1]["shared"]
    assert ANSWER in server.ask(ASKED)["response"]
    assert server.call("DELETE", path)[0] == 200
    assert server.call("POST", f"{path}/approve")[0] == 404
    assert server.ask(ASKED)["fallback_level"] == 4


def test_changed_instructions_leave_nothing_behind(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """A later edition of the agent gives none of the earlier one's answers."""
    levels: list[int] = []
    for told in ("Help them.", "Help them well.", "Help them."):
        (tmp_path / "own_agent.py").write_text(
            "from mainstay import Agent\n"
            f"agent = Agent(name='Own', instructions={told!r}, contact='c')\n"
        )
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        with serving(
            tmp_path / "data",
            stand_in.address,
            agent="own_agent:agent",
            PYTHONPATH=path,
        ) as server:
            if not levels:
                tell(server, stand_in, "ada", "ben", "cem")
            stand_in.fail(every=DOWN)
            levels.append(server.ask(ASKED)["fallback_level"])
            server.stop()
    assert levels == [3, 4, 3]
