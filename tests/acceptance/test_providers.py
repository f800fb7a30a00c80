"""With other providers a turn goes on with the same model there, and says so."""

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import FALLBACK, PRIMARY, Server, StandIn, serving
from tests.conformance.cloud_accounts import AWS, service_account

from mainstay.simulator.server import running_in_thread

PROVIDERS = ("anthropic", "bedrock", "vertex")
DOWN = {"status": 529, "error_type": "overloaded_error"}


@dataclass(frozen=True)
class Clouds:
    """A server, and a stand-in for each provider."""

    server: Server
    stand_ins: dict[str, StandIn]

    def fail(self, **by_provider: Any) -> None:
        """Set faults of every model, by provider."""
        for name, fault in by_provider.items():
            self.stand_ins[name].fail(every=fault)

    def calls(self) -> dict[str, int]:
        """Return how often each was called."""
        return {
            name: one.control("GET", "/calls")["total"]
            for name, one in self.stand_ins.items()
        }

    def ask(self, text: str = "Hello, who are you?") -> tuple[Any, list[str]]:
        """Ask; return the reply, and who gave each response of its turn."""
        answer = self.server.say(self.server.open(), text)
        turn = self.server.call("GET", f"/v1/turns/{answer['turn_id']}")[1]
        steps = [step for step in turn["steps"] if step["kind"] == "model"]
        return answer["reply"], [step.get("provider", "anthropic") for step in steps]


@pytest.fixture
def clouds(tmp_path: Path) -> Generator[Clouds]:
    """Give all three providers, in the order of ``PROVIDERS``."""
    with ExitStack() as stack:
        addresses = {
            name: stack.enter_context(running_in_thread()) for name in PROVIDERS
        }
        account = service_account(tmp_path, addresses["vertex"])
        settings = {
            "CLAUDE_PROVIDERS": ",".join(PROVIDERS),
            "BEDROCK_REGION": "eu-central-1",
            "BEDROCK_BASE_URL": addresses["bedrock"],
            "BEDROCK_MODELS": f"{PRIMARY}=eu.anthropic.{PRIMARY}",
            "VERTEX_PROJECT": "shop",
            "VERTEX_REGION": "eu",
            "VERTEX_BASE_URL": addresses["vertex"],
            "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        }
        server = stack.enter_context(
            serving(tmp_path / "data", addresses["anthropic"], **settings, **AWS)
        )
        stand_ins = {name: StandIn(address) for name, address in addresses.items()}
        yield Clouds(server, stand_ins)


def test_the_first_provider_is_enough_while_it_works(clouds: Clouds) -> None:
    """Nobody else is called."""
    reply, by = clouds.ask()
    assert (reply["fallback_level"], reply["model"], by) == (0, PRIMARY, ["anthropic"])
    assert clouds.calls() == {"anthropic": 1, "bedrock": 0, "vertex": 0}


def test_each_stands_in_for_the_one_before(clouds: Clouds) -> None:
    """On level 0, with the same model; one that is off is asked, then passed by."""
    clouds.fail(anthropic=DOWN)
    reply, by = clouds.ask()
    assert (reply["fallback_level"], reply["model"], by) == (0, PRIMARY, ["bedrock"])
    clouds.fail(bedrock={"status": 403})
    reply, by = clouds.ask()
    assert (reply["fallback_level"], reply["model"], by) == (0, PRIMARY, ["vertex"])


def test_a_stream_that_breaks_off_before_a_word_is_somebody_elses(
    clouds: Clouds,
) -> None:
    """In AWS' frames as in server-sent events."""
    event = {"error_event": "overloaded_error", "error_after": 1}
    clouds.fail(anthropic=event, bedrock=event)
    reply, by = clouds.ask()
    assert (reply["fallback_level"], by) == (0, ["vertex"])


def test_only_when_all_fail_a_lower_level_follows(clouds: Clouds) -> None:
    """The fallback model, by the first provider that has it."""
    for one in clouds.stand_ins.values():
        one.fail(primary=DOWN)
    reply, by = clouds.ask()
    assert (reply["fallback_level"], reply["model"]) == (2, FALLBACK)
    assert by == ["anthropic"]
    assert clouds.calls() == {"anthropic": 2, "bedrock": 1, "vertex": 1}


def test_each_has_its_own_breaker(clouds: Clouds) -> None:
    """An open one costs no call, and its provider's other model none either."""
    clouds.fail(anthropic=DOWN)
    for _ in range(5):
        clouds.ask()
    before = clouds.calls()
    assert clouds.ask()[1] == ["bedrock"]
    assert clouds.calls()["anthropic"] == before["anthropic"]
    found = clouds.server.call("GET", "/v1/admin/breakers")[1]["breakers"]
    states = {one["name"]: one["state"] for one in found}
    assert states[f"anthropic/main/{PRIMARY}"] == "open"
    assert states[f"bedrock/eu-central-1/{PRIMARY}"] == "closed"
    assert states[f"vertex/shop/{PRIMARY}"] == "closed"


def test_a_turn_goes_on_elsewhere_after_its_tools(clouds: Clouds) -> None:
    """What one provider began another one ends."""
    clouds.fail(anthropic={**DOWN, "when": "after_tool"})
    reply, by = clouds.ask("Where is order 1042?")
    assert by[0] == "anthropic"
    assert by[-1] == "bedrock"
    assert reply["fallback_level"] == 0
    assert "1042" in reply["response"]


def test_a_cloud_alone_needs_no_key_of_anthropics(tmp_path: Path) -> None:
    """Nor its address."""
    with running_in_thread() as address, ExitStack() as stack:
        settings = {
            "CLAUDE_PROVIDERS": "bedrock",
            "BEDROCK_REGION": "eu-central-1",
            "BEDROCK_BASE_URL": address,
            "ANTHROPIC_API_KEY": "",
        }
        server = stack.enter_context(serving(tmp_path / "data", "", **settings, **AWS))
        reply = server.ask("Where is order 1042?")
        assert (reply["fallback_level"], reply["model"]) == (0, PRIMARY)
        assert StandIn(address).control("GET", "/calls")["total"] == 2
