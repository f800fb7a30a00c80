"""Every adapter of the Model port, and its twin, keeps the same contract."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conformance.cloud_accounts import AWS, service_account

from mainstay.domain.model_call import FailureKind, ModelFailure
from mainstay.models.bedrock import bedrock
from mainstay.models.claude import ClaudeModel
from mainstay.models.vertex import vertex
from mainstay.ports.model import Model
from mainstay.simulator.server import running
from mainstay.system.clock import SystemClock
from mainstay.testing.model_conformance import (
    ARGS,
    AT_ONCE,
    HALFWAY,
    RETRY_AFTER_S,
    SAID,
    TOOL,
    Cue,
    ModelConformance,
    Stage,
)
from mainstay.testing.scripted_model import (
    Answer,
    Broken,
    ScriptedModel,
    Silent,
    calls,
    says,
)
from mainstay.testing.secret import GivenSecret

CALL = {"tool_use": [{"name": TOOL, "input": ARGS}]}
FAULTS: dict[Cue, dict[str, Any]] = {
    "overloaded": {"status": 529},
    "rate_limited": {"status": 429, "retry_after": RETRY_AFTER_S},
    "spent": {"status": 429, "error_code": "enforced_spend_limit_reached"},
    "refused_key": {"status": 401},
    "gone": {"status": 404},
    "too_long": {
        "status": 400,
        "message": "prompt is too long: 1000001 tokens > 1000000 maximum",
    },
    "broken_server": {"status": 500},
    "cut": {"cut_stream_after": 6},
    "stops_early": {"end_without_stop": True},
    "garbled": {"broken_json": True},
    "error_event": {"error_event": "overloaded_error", "error_after": 6},
    "silent": {"pings_only": True, "ping_every_s": 0.01},
}


SPENT = "You have reached your specified API usage limits."
IN_A_CLOUD = FAULTS | {"spent": {"status": 400, "message": SPENT}}
"""Clouds pass words on, and no codes."""


class SimulatorStage:
    """An adapter before a simulator that listens."""

    def __init__(
        self,
        model: Model,
        http: httpx2.AsyncClient,
        faults: Mapping[Cue, dict[str, Any]] = FAULTS,
    ) -> None:
        self.model = model
        self._http = http
        self._faults = faults

    async def cue(self, cue: Cue) -> None:
        """Set the simulator's fault and its next replies."""
        fault = self._faults.get(cue)
        reply = CALL if cue in {"calls", "runs_out"} else {"text": SAID}
        await self._put("/faults", {"*": fault})
        await self._http.delete("/script")
        await self._put("/script", {"*": [reply] * 20})

    async def _put(self, path: str, body: Any) -> None:
        response = await self._http.put(path, json=body)
        assert response.status_code == 200, response.text


class TwinStage:
    """The in-memory twin."""

    def __init__(self) -> None:
        self.model = ScriptedModel(Silent(), clock=SystemClock())

    async def cue(self, cue: Cue) -> None:
        """Lay down the next answer."""
        self.model.then(_answer(cue))


def _answer(cue: Cue) -> Answer:
    if cue in AT_ONCE:
        wait_s = RETRY_AFTER_S if cue == "rate_limited" else None
        return ModelFailure(AT_ONCE[cue], cue, retry_after_s=wait_s)
    if cue in HALFWAY:
        kind: FailureKind = HALFWAY[cue]
        return Broken(SAID[:20], ModelFailure(kind, cue))
    match cue:
        case "calls":
            return calls(TOOL, **ARGS)
        case "runs_out":
            return ModelFailure("truncated", cue)
        case "silent":
            return Silent()
        case _:
            return says(SAID)


class TestClaudeModel(ModelConformance):
    """The Claude adapter, over a socket."""

    @pytest.fixture
    async def stage(self) -> AsyncIterator[Stage]:
        """Return the adapter and a simulator."""
        async with running() as address, httpx2.AsyncClient(base_url=address) as http:
            model = ClaudeModel(GivenSecret("any"), address, SystemClock())
            yield SimulatorStage(model, http)
            await model.close()


class TestBedrock(ModelConformance):
    """Claude on Bedrock, over a socket: AWS' frames, signed requests."""

    @pytest.fixture
    async def stage(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
        """Return the adapter and a simulator."""
        async with running() as address, httpx2.AsyncClient(base_url=address) as http:
            for name, value in AWS.items():
                monkeypatch.setenv(name, value)
            model = bedrock("eu-central-1", address, {}, SystemClock())
            yield SimulatorStage(model, http, IN_A_CLOUD)
            await model.close()


class TestVertex(ModelConformance):
    """Claude on Vertex AI, over a socket: Google's paths and tokens."""

    @pytest.fixture
    async def stage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Stage]:
        """Return the adapter and a simulator, which gives tokens too."""
        async with running() as address, httpx2.AsyncClient(base_url=address) as http:
            account = service_account(tmp_path, address)
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
            model = vertex("shop", "eu", address, {}, SystemClock())
            yield SimulatorStage(model, http, IN_A_CLOUD)
            await model.close()


class TestScriptedModel(ModelConformance):
    """The twin that stands in for a model in tests."""

    @pytest.fixture
    def stage(self) -> Stage:
        """Return the twin."""
        return TwinStage()
