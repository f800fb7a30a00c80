"""ANTHROPIC_API_KEY is replaced while turns run; the old one is refused at once."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.acceptance.rotating import Askers, asking, replace
from tests.acceptance.server import StandIn, serving
from tests.unit.settings.secrets_server import REGION, SecretsServer, running

OLD, NEW = "sk-old-Zx9-correct-horse", "sk-new-Zx9-battery-staple"
NAME = "mainstay"


@pytest.fixture(scope="module")
def aws() -> Generator[SecretsServer]:
    """Give a stand-in for AWS Secrets Manager."""
    with running() as server:
        yield server


def all_from_level_0(askers: Askers) -> None:
    """Hold that no customer noticed anything."""
    replies = askers.replies()
    assert len(replies) >= 40
    assert {reply["fallback_level"] for reply in replies} == {0}
    assert askers.told_again == 0


def told_without_values(log: Path) -> str:
    """Return the log, which names the secret and has neither value."""
    text = log.read_text()
    assert re.search(r"secret\.rotated.*ANTHROPIC_API_KEY", text)
    assert OLD not in text
    assert NEW not in text
    return text


def test_a_key_in_a_file(tmp_path: Path, stand_in: StandIn) -> None:
    """The file is replaced, the old key revoked at once: every answer is level 0."""
    file, log = tmp_path / "key", tmp_path / "log"
    replace(file, OLD)
    stand_in.control("PUT", "/keys", [OLD])
    told = {"ANTHROPIC_API_KEY": "", "ANTHROPIC_API_KEY_FILE": str(file)}
    data = tmp_path / "data"
    with (
        serving(data, stand_in.address, log=log, LOG_LEVEL="DEBUG", **told) as server,
        asking(server) as askers,
    ):
        askers.answered(20)
        replace(file, NEW)
        stand_in.control("PUT", "/keys", [NEW])
        askers.answered(20)
        all_from_level_0(askers)
        assert server.stop() == 0
    told_without_values(log)


def test_a_key_in_secrets_manager(
    tmp_path: Path, stand_in: StandIn, aws: SecretsServer
) -> None:
    """A refused key is looked up at once, not with the next look a minute later."""
    log = tmp_path / "log"
    aws.create(NAME, {"ANTHROPIC_API_KEY": OLD})
    stand_in.control("PUT", "/keys", [OLD])
    told = aws.env | {
        "ANTHROPIC_API_KEY": "",
        "MAINSTAY_SECRETS": f"aws-secretsmanager://{NAME}?region={REGION}",
    }
    data = tmp_path / "data"
    with (
        serving(data, stand_in.address, log=log, LOG_LEVEL="DEBUG", **told) as server,
        asking(server) as askers,
    ):
        askers.answered(20)
        aws.put(NAME, {"ANTHROPIC_API_KEY": NEW})
        stand_in.control("PUT", "/keys", [NEW])
        askers.answered(20)
        all_from_level_0(askers)
        assert server.stop() == 0
    assert re.search(r"model\.called.*rotated", told_without_values(log))
