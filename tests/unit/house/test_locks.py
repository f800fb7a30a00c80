"""The locks: what is installed is exactly what was reviewed."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCKS = ("build", "dev", "run")


def pins(lock: str) -> dict[str, str]:
    """Return a lock's entries, name to the whole entry on one line."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    entries = "\n".join(lines).replace("\\\n", "").splitlines()
    return {
        canonicalize_name(entry.split("==")[0].split("[")[0]): entry
        for entry in entries
        if entry.strip()
    }


def version(entry: str) -> str:
    """Return the version that an entry pins."""
    return entry.split("==")[1].split(maxsplit=1)[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_pinned_with_hashes(lock: str) -> None:
    """An entry names one version and at least one SHA-256."""
    entries = pins(lock)
    assert entries
    loose = [
        entry
        for entry in entries.values()
        if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)
    ]
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_no_address(lock: str) -> None:
    """Where packages come from is the reader's own setting, never the lock's."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    assert (
        re.findall(r"\S*://\S*|--(?:extra-)?index-url|--find-links|--trusted", text)
        == []
    )


@pytest.mark.parametrize("lock", ["build", "run"])
def test_the_checked_versions_are_the_installed_ones(lock: str) -> None:
    """Tests run with the versions that users get."""
    dev = pins("dev")
    different = {
        name
        for name, entry in pins(lock).items()
        if version(dev[name]) != version(entry)
    }
    assert different == set()


def test_the_locks_answer_the_declared_dependencies() -> None:
    """Each dependency in pyproject.toml is locked at a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = {
        "run": project["project"]["dependencies"],
        "build": groups["build"],
        "dev": [one for one in groups["dev"] if isinstance(one, str)],
    }
    unanswered = [
        text
        for lock, texts in wanted.items()
        for text in texts
        if not _answers(pins(lock), Requirement(text))
    ]
    assert unanswered == []


def _answers(entries: dict[str, str], wanted: Requirement) -> bool:
    entry = entries.get(canonicalize_name(wanted.name))
    return entry is not None and version(entry) in wanted.specifier
