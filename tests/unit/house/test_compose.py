"""compose.yaml and Dockerfile: what they say is what Mainstay takes."""

import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from mainstay.settings.model import Settings, variables

ROOT = Path(__file__).parents[3]
MAINSTAY = Path(sys.executable).parent / "mainstay"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, one in SERVICES.items() if one["image"] == "mainstay"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DRAIN_S = 35


def test_every_engine_and_role_has_a_service():
    """Whoever has docker needs nothing else."""
    roles = {"gateway", "worker", "tools", "migrate", "queue", "simulator"}
    engines = {"postgres", "redis", "rabbitmq", "kafka", "sqs"}
    watchers = {"prometheus", "grafana"}
    assert set(SERVICES) == roles | engines | watchers
    assert all(SERVICES[name]["profiles"] == ["watch"] for name in watchers)


def test_its_settings_are_settings():
    """Every variable is one that Mainstay reads, or one of AWS's own."""
    known = {var.name for var, _ in variables().values()}
    for name in OURS:
        given = set(SERVICES[name]["environment"])
        assert {one for one in given - known if not one.startswith("AWS_")} == set()


def test_a_service_of_tools_has_its_own_secret_only():
    """And the stand-in none: what they do not have, they cannot give away."""
    known = {var.name: var.secret for var, _ in variables().values()}
    secrets = {
        name: {one for one in SERVICES[name]["environment"] if known.get(one, True)}
        for name in ("tools", "simulator")
    }
    assert secrets == {"tools": {"MAINSTAY_TOOLS_SECRET"}, "simulator": set()}


@pytest.mark.parametrize("name", OURS)
def test_its_commands_are_commands(name: str):
    """Each words and options that the command line takes."""
    words = SERVICES[name]["command"]
    shown = subprocess.run(
        [MAINSTAY, *takewhile(_is_word, words), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    options = [word for word in words if word.startswith("--")]
    assert shown.returncode == 0, shown.stderr
    assert all(option in shown.stdout for option in options)


def test_images_are_pinned():
    """By a version of three numbers or a named release, never by what is newest."""
    others = [one["image"] for name, one in SERVICES.items() if name not in OURS]
    base = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":v?\d+\.\d+", image) for image in [*others, *base])


def test_a_role_gets_the_time_to_drain():
    """Containers are not killed while they drain."""
    for name in ("gateway", "worker", "tools"):
        assert int(SERVICES[name]["stop_grace_period"].rstrip("s")) > DRAIN_S


def test_postgres_has_connections_for_every_process():
    """Also with two gateways and three workers, as the how-to starts them."""
    (limit,) = re.findall(
        r"max_connections=(\d+)", str(SERVICES["postgres"]["command"])
    )
    given = SERVICES["gateway"]["environment"]["API_WORKERS"]
    processes = 2 * int(given.removesuffix("}").rpartition("-")[2]) + 3
    assert processes * Settings().db_pool < int(limit)


def test_a_role_waits_for_what_it_needs():
    """Every service that another one waits for is there."""
    for one in SERVICES.values():
        waits = one.get("depends_on", [])
        assert set(waits) <= set(SERVICES)


def test_the_image_is_built_from_what_is_here():
    """Every file that is copied exists and reaches the builder."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sent = (ROOT / ".dockerignore").read_text()
    for file in " ".join(copied).split():
        assert (ROOT / file).exists(), file
        assert f"!{file.split('/')[0]}\n" in sent, file


def _is_word(part: str) -> bool:
    return not part.startswith("--")
