"""The programs of `examples/`: run as a reader would, or in this process on real sockets."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

PROJECT = Path(__file__).parents[1]
EXAMPLES = PROJECT / "examples"


def run(program, *words, cwd, **environment):
    """An example, to its end: what it prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / program, *map(str, words)],
        cwd=cwd,
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def started(*words, says, cwd, **environment):
    """A server, `python -m …`: its process, and the address in the line that says that it is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env=_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if says in line:
                break
        else:
            raise AssertionError("".join(said))
        yield next(word for word in line.split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.communicate()


class _Server(uvicorn.Server):
    """Tells when it can be called."""

    def __init__(self, config):
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(app):
    """An ASGI app of an example, with its lifespan: its address."""
    server = _Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server._serve([listener]))
        await server.ready.wait()
        assert not server.should_exit, "it did not start"
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def _environment(more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTS_", "OTP_"))}
    return kept | more
