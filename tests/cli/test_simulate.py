"""`ants-async simulate`: the API in a terminal of its own, over real HTTP."""

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
from click.testing import CliRunner

from ants_async.cli.root import cli


@contextmanager
def simulating(*words):
    """`ants-async simulate` as a process, and a client of it once it says that it can be called."""
    command = [sys.executable, "-m", "ants_async", "simulate", "--port", "0", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            said = process.stdout.readline()
            assert said.startswith("listening on http://127.0.0.1:")
            with httpx.Client(base_url=said.split()[-1], auth=("demo", "demo"), trust_env=False) as client:
                yield process, client
        finally:
            process.kill()


def text(client, to="66847781470", **fields):
    return client.post("/sms/1/text/single", json={"to": to, "text": "Hello", **fields})


def test_it_takes_a_text_and_its_statistics_say_so():
    with simulating() as (_, client):
        assert text(client).json()["messages"][0]["status"]["name"] == "PENDING_ENROUTE"
        stats = client.get("/_simulator/stats").json()
        assert (stats["requests"], stats["accepted"], stats["accepted_recipients"]) == (1, 1, 1)
        assert stats["by_endpoint"] == {"POST /sms/1/text/single": 1}
        listed = client.get("/_simulator/messages?offset=0&limit=10").json()["messages"]
        assert [(one["to"], one["text"]) for one in listed] == [("66847781470", "Hello")]


def test_its_options_shape_the_account():
    options = ["--rate", "2/1d", "--user", "anna:secret", "--balance", "0.5", "--seed", "7"]
    with simulating(*options) as (_, client):
        assert text(client).status_code == 401
        assert client.get("/account/1/balance", auth=("anna", "secret")).json()["balance"] == 0.5
        refused = client.get("/account/1/balance", auth=("anna", "secret"))
        assert refused.status_code == 429
        assert refused.json()["requestError"]["serviceException"]["messageId"] == "THROTTLE_EXCEPTION"


def test_a_dropped_connection_is_one_on_the_wire_and_the_text_has_arrived():
    with simulating("--faults", "drop-after=1") as (_, client):
        with pytest.raises(httpx.RemoteProtocolError):
            text(client)
        assert client.get("/_simulator/stats").json()["accepted"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number):
    with simulating() as (process, _):
        process.send_signal(number)
        assert process.wait() == 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--rate", "fast"], "--rate"),
        (["--latency", "20"], "--latency"),
        (["--delivery-time", "soon"], "--delivery-time"),
        (["--balance", "much"], "--balance"),
        (["--faults", "drop=0.1"], "drop=0.1"),
        (["--faults", "slow=often"], "slow=often"),
        (["--faults", "slow=2"], "share"),
        (["--user", "anna"], "NAME:PASSWORD"),
        (["--port", "99999"], "--port"),
    ],
)
def test_an_option_it_cannot_use_is_named(words, named):
    result = CliRunner().invoke(cli, ["simulate", *words])
    assert result.exit_code == 2
    line = result.stderr.splitlines()[-1]
    assert line.lower().startswith("error: ")
    assert named in line


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(cli, ["simulate", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
