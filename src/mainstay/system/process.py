"""What Linux tells of a process (proc_pid_stat(5))."""

from pathlib import Path

from mainstay.ports.write_lock import Sitter

STOPPED = frozenset("Tt")
"""Stopped by a signal, or by a debugger."""

# Positions after the name, which stands in brackets and may hold anything.
_STATE, _UTIME, _STIME, _START = 0, 11, 12, 19


def look_at(pid: int) -> Sitter | None:
    """Return what is seen of a process; None without one, or without Linux's /proc."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return None
    told = line.rpartition(")")[2].split()
    ran = int(told[_UTIME]) + int(told[_STIME])
    return Sitter(pid, int(told[_START]), told[_STATE] in STOPPED, ran)
