"""A Java server's jars, from Maven's repositories, and no others than those we know.

Beside this file, ``java/<server>/pom.xml`` names the server's artefact and
``java/<server>/jars.sha256`` every jar it needs, as ``sha256sum`` prints them.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from mainstay.testing.servers.server import BackendMissing, program

JAVA = Path(__file__).parent / "java"
RESOLVE_S = 600


def jars(server: str) -> list[Path]:
    """Return the jars of a server, resolved once for this user and checked each time.

    Args:
        server: a folder of ``java/``.

    Raises:
        BackendMissing: Maven is not installed, or did not bring exactly these jars.
    """
    wanted = checksums(JAVA / server / "jars.sha256")
    folder = cache() / server / _digest(JAVA / server / "pom.xml")[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        # Test processes start together; one of them resolves.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if differing(folder, wanted):
            _resolve(JAVA / server / "pom.xml", folder)
    if wrong := differing(folder, wanted):
        raise BackendMissing(f"the jars of {server} differ: {', '.join(wrong)}")
    return [folder / name for name in wanted]


def release(server: str) -> str:
    """Return the version of a server, which its pom.xml names last."""
    pom = (JAVA / server / "pom.xml").read_text("utf-8")
    return re.findall("<version>(.+?)</version>", pom)[-1]


def checksums(listed: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a list."""
    lines = (line.split() for line in listed.read_text("utf-8").splitlines())
    return {name: digest for digest, name in lines}


def differing(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Return the files that are missing, unknown or not what their SHA-256 says."""
    present = {path.name: path for path in folder.glob("*.jar")}
    unknown = present.keys() - wanted.keys()
    wrong = [
        name
        for name, digest in wanted.items()
        if name not in present or _digest(present[name]) != digest
    ]
    return sorted([*wrong, *unknown])


def cache() -> Path:
    """Return the folder for what can be had again: XDG_CACHE_HOME, else ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "mainstay" / "java"


def _resolve(pom: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    command = [
        *(program("mvn", "maven"), "-q", "-B", "-f", str(pom)),
        *("dependency:copy-dependencies", f"-DoutputDirectory={folder}"),
    ]
    done = subprocess.run(  # noqa: S603 - Maven, on a file of ours
        command, capture_output=True, text=True, timeout=RESOLVE_S, check=False
    )
    if done.returncode:
        raise BackendMissing(f"Maven failed: {done.stdout[-1000:]}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
