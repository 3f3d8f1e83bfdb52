"""The stub's process, and what it says of itself."""

import http.client
import json
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks._lib.processes import ROOT, python


class StubControl:
    """The control path of a running stub."""

    def __init__(self, url):
        self.url = url

    def stats(self):
        return self._ask("GET", "/bench/stats")

    def reset(self, **settings):
        """Forget everything; `settings` as `benchmarks.server.Settings`."""
        self._ask("POST", "/bench/reset", json.dumps(settings))

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running_stub():
    """A stub in a process of its own while the block lasts."""
    command = python("benchmarks.server")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield StubControl(process.stdout.readline().strip())
        finally:
            process.terminate()
            process.communicate()
