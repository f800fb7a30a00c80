"""The forge of lives that end at a chosen point, and what one leaves behind."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KILLED = -9


class CoreLives:
    """A process that has imported everything, and forks a life at a word.

    Args:
        module: below ``tests.chaos``, e.g. ``"core_life"``.
    """

    def __init__(self, module: str) -> None:
        self._forge = subprocess.Popen(
            [sys.executable, "-m", f"tests.chaos.{module}"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def live(self, folder: Path, at: int | None, **more: str) -> int:
        """Live once in ``folder``; return the exit code."""
        spec = {"folder": str(folder), "at": at, "log": str(folder / "points"), **more}
        assert self._forge.stdin is not None
        assert self._forge.stdout is not None
        print(
            json.dumps(spec | {"answer": str(folder / "turn")}), file=self._forge.stdin
        )
        self._forge.stdin.flush()
        return int(self._forge.stdout.readline())

    def close(self) -> None:
        """End the forge."""
        assert self._forge.stdin is not None
        self._forge.stdin.close()
        self._forge.wait()
