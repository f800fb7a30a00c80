import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mainstay.domain.errors import Conflict
from mainstay.system.liveness import FlockLiveness, LivenessLock

LIVENESS = FlockLiveness()

HOLDER = """
import os, subprocess, sys, time
from pathlib import Path
from mainstay.system.liveness import LivenessLock

lock = LivenessLock(Path(sys.argv[1]), "holder")
lock.acquire()
child = 0
if sys.argv[2] == "exec":
    # close_fds=False: only the flag on the file itself closes it.
    child = subprocess.Popen(["sleep", "60"], close_fds=False).pid
if sys.argv[2] == "fork":
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"!")
        time.sleep(60)
    os.read(reader, 1)
print(child, flush=True)
time.sleep(60)
"""


@contextmanager
def holder(
    folder: Path, children: str = "none"
) -> Generator[tuple[subprocess.Popen[str], int]]:
    """Run a process that holds a lock; yield it and its child's process id or 0."""
    command = [sys.executable, "-c", HOLDER, str(folder), children]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            process.kill()
            if child:
                os.kill(child, signal.SIGKILL)


def path_in(folder: Path) -> str:
    """Return where the holder's lock is."""
    return str(folder / "holder.lock")


@pytest.mark.parametrize("children", ["none", "exec", "fork"])
def test_killed_is_dead_at_once(tmp_path: Path, children: str) -> None:
    """A process killed with -9 is dead as soon as it is reaped, living child or not."""
    with holder(tmp_path, children) as (process, child):
        assert not LIVENESS.is_dead(path_in(tmp_path))
        process.kill()
        process.wait()
        assert LIVENESS.is_dead(path_in(tmp_path))
        if child:
            os.kill(child, 0)  # it lives still, or this raises


def test_frozen_is_not_dead(tmp_path: Path) -> None:
    """A stopped process holds its lock: only its lease's end frees its work."""
    with holder(tmp_path) as (process, _):
        process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert not LIVENESS.is_dead(path_in(tmp_path))
        process.send_signal(signal.SIGCONT)


def test_a_look_does_not_kill(tmp_path: Path) -> None:
    """Looking, also from within the holder, leaves the lock where it is."""
    lock = LivenessLock(tmp_path, "me")
    lock.acquire()
    assert [LIVENESS.is_dead(str(lock.path)) for _ in range(3)] == [False] * 3
    lock.release()


def test_two_who_look_at_once_agree(tmp_path: Path) -> None:
    """Nobody who looks is taken for the holder by another who looks."""
    with holder(tmp_path) as (process, _):
        process.kill()
        process.wait()
    looking = (
        "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH);"
        "print('looking', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", looking, path_in(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "looking\n"
        assert LIVENESS.is_dead(path_in(tmp_path))
        other.communicate()


def test_missing_file_is_dead(tmp_path: Path) -> None:
    """A process whose lock file is gone is dead: its data folder was cleared."""
    assert LIVENESS.is_dead(path_in(tmp_path))


def test_released_is_dead_and_leaves_no_file(tmp_path: Path) -> None:
    """An orderly end frees the lock and removes the file; it may be repeated."""
    lock = LivenessLock(tmp_path / "deep" / "folder", "me")
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    assert LIVENESS.is_dead(str(lock.path))
    assert list(lock.path.parent.iterdir()) == []


def test_same_name_twice_is_refused(tmp_path: Path) -> None:
    """A second living process of the same name is told so."""
    with holder(tmp_path), pytest.raises(Conflict, match="holder runs already"):
        LivenessLock(tmp_path, "holder").acquire()


def test_same_name_again_after_a_death(tmp_path: Path) -> None:
    """The file that a dead process left does not stop its successor."""
    with holder(tmp_path) as (process, _):
        process.kill()
        process.wait()
        successor = LivenessLock(tmp_path, "holder")
        successor.acquire()
        assert not LIVENESS.is_dead(path_in(tmp_path))
        successor.release()


def test_a_file_buried_while_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock on a file that is removed at that moment is taken anew on a fresh one."""
    lock = LivenessLock(tmp_path, "me")
    really_open, opened = os.open, list[int]()

    def open_and_bury(path: Path, flags: int, mode: int) -> int:
        opened.append(really_open(path, flags, mode))
        if len(opened) == 1:
            LIVENESS.forget(str(path))
        return opened[-1]

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_and_bury)
        lock.acquire()
    assert len(opened) == 2
    assert not LIVENESS.is_dead(str(lock.path))
    lock.release()


def test_forget_may_be_repeated(tmp_path: Path) -> None:
    """A dead process's file is removed; that another one did so first is no error."""
    path = tmp_path / "holder.lock"
    path.touch()
    LIVENESS.forget(str(path))
    LIVENESS.forget(str(path))
    assert not path.exists()
