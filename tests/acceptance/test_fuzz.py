"""The API fuzzed from its own schema: no 500, nothing undocumented, no halves."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.acceptance.server import KEY, Server
from tests.chaos.lives import rows

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"

BROKEN = {
    "a customer message without its turn": """
        SELECT count(*) FROM messages m WHERE role = 'customer'
        AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.id = m.turn_id)""",
    "a turn without its first message": """
        SELECT count(*) FROM turns t WHERE approval_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM messages m
          WHERE m.conversation_id = t.conversation_id AND m.seq = t.first_seq)""",
    "a gap in the numbers of messages": """
        SELECT count(*) FROM conversations c WHERE last_seq <>
        (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id)""",
    "a gap in the numbers of events": """
        SELECT count(*) FROM conversations c WHERE last_event <>
        (SELECT count(*) FROM events e WHERE e.conversation_id = c.id)""",
    "an open turn that is not due": """
        SELECT count(*) FROM turns t JOIN conversations c ON c.id = t.conversation_id
        WHERE t.state IN ('pending', 'running') AND c.owner = 'ai'
        AND c.ready_at_ms IS NULL""",
}


@pytest.mark.timeout(240)
def test_the_api_withstands_its_own_schema(server: Server, tmp_path: Path) -> None:
    """Hundreds of generated requests; then the store is looked at."""
    fuzz = [
        Path(sys.executable).with_name("st"),
        "run",
        f"{server.address}/openapi.json",
    ]
    options = ["-H", f"Authorization: Bearer {KEY}", "--checks", CHECKS]
    options += ["--max-examples", "12", "--seed", "7", "--request-timeout", "35"]
    options += [
        "--exclude-path-regex",
        "/events$",
        "--phases",
        "examples,coverage,fuzzing",
    ]
    ran = subprocess.run(
        [*fuzz, *options, "--max-time", "60"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=220,
    )
    assert ran.returncode == 0, ran.stdout[-6000:]
    status, health, _ = server.call("GET", "/health")
    assert (status, health["database_up"]) == (200, True)
    for what, sql in BROKEN.items():
        assert rows(server.folder / "mainstay.db", sql) == [(0,)], what
    assert rows(server.folder / "mainstay.db", "SELECT count(*) > 5 FROM messages") == [
        (1,)
    ]
