"""A PostgreSQL server from the system's packages."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from mainstay.testing.servers.server import ServerProcess, free_port, program, version

USER = "postgres"
_FOLDERS = tuple(f"/usr/lib/postgresql/{n}/bin" for n in range(20, 12, -1))


class PostgresServer:
    """PostgreSQL as it is set up for production, but for its size.

    Commits reach the disk (fsync and synchronous_commit stay on).

    Args:
        folder: for its data; made anew.
        password: of its user, asked for by scram-sha-256; None lets everybody in.

    Raises:
        BackendMissing: PostgreSQL is not installed.
    """

    def __init__(self, folder: Path, password: str | None = None) -> None:
        binary = program("postgres", "postgresql", *_FOLDERS)
        self._bin = Path(os.path.realpath(binary)).parent
        self._data = folder / "postgres"
        self._data.mkdir(parents=True)
        self._password = password
        self.port = free_port()
        self._initialise()
        self.process = ServerProcess(
            f"PostgreSQL {version(binary)}",
            [
                *(binary, "-D", str(self._data), "-p", str(self.port)),
                # Without a socket in a folder, whose path may be too long for one.
                *("-c", "listen_addresses=127.0.0.1"),
                *("-c", "unix_socket_directories="),
                *("-c", "max_connections=300", "-c", "shared_buffers=256MB"),
            ],
            ready=self._answers,
            log=folder / "postgres.log",
            user=USER,
            # Fast: ends sessions; smart would wait for them (pg_ctl, shutdown modes).
            stop_signal=signal.SIGINT,
        )

    def start(self) -> None:
        """Return when it answers."""
        self.process.start()

    def stop(self) -> None:
        """End it; its data stays."""
        self.process.stop()

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        secret = "" if self._password is None else f":{self._password}"
        return f"postgresql://{USER}{secret}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Create an empty database and return its address."""
        self.sql(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement and return what psql prints of it."""
        return self._run("psql", "-qAtX", "-c", statement, self.url(database))

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            # The whole way down must be open to the user that the server runs as.
            for folder in (self._data, *self._data.parents):
                if not os.access(folder, os.X_OK) or not folder.stat().st_mode & 0o001:
                    folder.chmod(folder.stat().st_mode | 0o011)
            shutil.chown(self._data, USER, USER)
        options = ["-A", "trust"]
        if self._password is not None:
            file = self._data.with_name("password")
            file.write_text(self._password)
            file.chmod(0o644)
            options = ["-A", "scram-sha-256", "--pwfile", str(file)]
        options += ["-U", USER, "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(  # noqa: S603 - PostgreSQL's own set-up
            [self._bin / "initdb", "-D", self._data, *options, "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            user=USER if os.geteuid() == 0 else None,
        )

    def _answers(self) -> bool:
        command = [str(self._bin / "pg_isready"), "-q", "-d", self.url()]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603

    def _run(self, name: str, *arguments: str) -> str:
        command = [str(self._bin / name), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        return done.stdout.strip()
