"""`ants-async monitor` over a real socket, beside a process that sends to a simulator."""

import json
import signal
import socket
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from browser import background, opened, overflow
from click.testing import CliRunner
from scaleout_commands import started, until

from ants_async.cli.root import cli
from ants_async.dispatch import SqliteLedger
from ants_async.simulator import SimulatorConfig, running

LEDGER = ("--ledger", "l.db")
TOKEN = "Kq3-wWn_0b7Zr1tYxU9"


@pytest.fixture
def sending(tmp_path, monkeypatch):
    """A campaign that has sent 40, and waits for statuses that do not come within a test's life."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{66_800_000_000 + n},Hi <b>{n}</b>\n" for n in [*range(40), 0])
    Path("people.csv").write_text(f"to,text\n{rows}")
    for name, value in {"ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}.items():
        monkeypatch.setenv(name, value)
    for name in ("ANTS_API_KEY", "ANTS_DATABASE", "ANTS_MONITOR_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    config = SimulatorConfig(delivery_time=3600.0)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running(config)) as base_url,
    ):
        monkeypatch.setenv("ANTS_BASE_URL", base_url)
        with started("campaign", "run", "people.csv", "--id", "may", *LEDGER) as process:
            until(process.stdout, "sent 40 of")
            yield process


@contextmanager
def monitoring(*words):
    """`ants-async monitor` as a process, and its address once it can be called."""
    with started("monitor", *LEDGER, *words) as process:
        line = process.stdout.readline()
        assert line.startswith("watch at http://"), line + process.stderr.read()
        yield process, line.split()[-1]


def client(url):
    return httpx.Client(base_url=url, trust_env=False, timeout=30)


def here(url):
    """The same server, whether or not its name leads anywhere from here."""
    return f"http://127.0.0.1:{httpx.URL(url).port}"


@contextmanager
def stream(url, **options):
    """What the stream of a monitor says, as data."""
    with client(url) as http, http.stream("GET", "/events", **options) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: "))


@pytest.mark.usefixtures("sending")
class TestBesideARun:
    def test_the_stream_says_what_the_ledger_says(self):
        with monitoring() as (_, url), stream(url) as updates:
            (one,) = next(update for update in updates if update["campaigns"])["campaigns"]
        result = CliRunner().invoke(cli, ["campaign", "status", "may", *LEDGER, "--json"])
        known = json.loads(result.stdout)
        for name in (
            "id",
            "state",
            "total",
            "planned",
            "accepted",
            "rejected",
            "final",
            "unresolved",
            "duplicates",
        ):
            assert one[name] == known[name]
        assert (one["state"], one["accepted"], one["duplicates"]) == ("running", 40, 1)

    def test_it_goes_on_as_the_campaign_does(self, sending):
        with monitoring() as (_, url), stream(url) as updates:
            assert (
                next(update for update in updates if update["campaigns"])["campaigns"][0]["state"]
                == "running"
            )
            sending.send_signal(signal.SIGINT)
            later = next(update for update in updates if update["campaigns"][0]["state"] != "running")
        assert later["campaigns"][0]["state"] == "interrupted"
        assert sending.wait(30) == 130, "who looks is in nobody's way"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_stops_it_though_somebody_watches(self, number):
        with monitoring() as (process, url), stream(url) as first, stream(url) as second:
            next(first), next(second)
            process.send_signal(number)
            assert process.wait(30) == 0
            assert process.stderr.read() == ""
            for rest in (first, second):
                list(rest)  # comes to its end, and is not cut off

    def test_with_a_token_nobody_sees_anything_without(self, monkeypatch):
        monkeypatch.setenv("ANTS_MONITOR_TOKEN", TOKEN)
        with monitoring() as (process, url), client(url.partition("?")[0]) as http:
            assert url.endswith(f"/?token={TOKEN}")
            for path in ("/", "/events", "/monitor.js", "/nothing"):
                assert http.get(path).status_code == 401
            assert http.get("/", params={"token": TOKEN}).status_code == 303
            assert "<!doctype html>" in http.get("/").text
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert TOKEN not in process.stdout.read() + process.stderr.read(), "it is in no log"

    @pytest.mark.parametrize(("names", "shown"), [([], socket.gethostname()), (["me.example"], "me.example")])
    def test_for_others_there_is_always_one_and_a_name_that_they_can_open(self, names, shown):
        options = [word for name in names for word in ("--name", name)]
        with monitoring("--host", "0.0.0.0", *options) as (_, url), client(here(url)) as http:
            token = url.partition("?token=")[2]
            assert len(token) >= 32
            assert httpx.URL(url).host == shown.lower()
            assert http.get("/", headers={"Host": shown}).status_code == 401, "it is known by that name"
            assert http.get("/").status_code == 401
            assert http.get("/", params={"token": token}).status_code == 303

    def test_a_foreign_page_does_not_get_in_by_a_name_of_its_own(self):
        with monitoring() as (_, url), client(url) as http:
            assert http.get("/", headers={"Host": "evil.example"}).status_code == 421
            assert http.get("/").status_code == 200


class TestRefused:
    @pytest.fixture(autouse=True)
    def place(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("ANTS_DATABASE", raising=False)

    def refused(self, *words):
        result = CliRunner().invoke(cli, ["monitor", *words])
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        return line

    def test_a_ledger_that_is_not_there(self):
        assert "there is no ledger l.db" in self.refused(*LEDGER)

    def test_a_file_that_is_none(self):
        Path("l.db").write_bytes(b"something else altogether" * 100)
        assert "l.db" in self.refused(*LEDGER)

    def test_a_token_that_can_be_guessed_and_it_is_not_said_again(self, monkeypatch):
        monkeypatch.setenv("ANTS_MONITOR_TOKEN", "secret")
        line = self.refused(*LEDGER)
        assert "ANTS_MONITOR_TOKEN: '…' is not valid: at least 16" in line
        assert "secret" not in line

    def test_a_name_that_no_browser_would_give(self):
        line = self.refused(*LEDGER, "--name", "http://me.example")
        assert "name: 'http://me.example' is not valid: a host name without scheme or port" in line

    def test_a_port_that_is_taken(self):
        async def make():
            async with SqliteLedger("l.db"):
                pass

        anyio.run(make)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            line = self.refused(*LEDGER, "--port", str(taken.getsockname()[1]))
        assert "address already in use" in line.lower()

    def test_without_its_extra_it_says_how_to_get_it(self, monkeypatch):
        for name in [name for name in sys.modules if name.startswith("ants_async.monitor")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "starlette", None)
        for name in [name for name in sys.modules if name.startswith("starlette.")]:
            monkeypatch.setitem(sys.modules, name, None)
        assert "pip install 'ants-async[monitor]'" in self.refused(*LEDGER)


@asynccontextmanager
async def watched(url, **options):
    async with opened(url, **options) as page:
        await page.wait_for_selector("article h2")
        yield page
        assert page.complaints == []
        assert all(one.startswith(url.partition("?")[0]) for one in page.requests)


@pytest.mark.usefixtures("sending")
class TestInABrowser:
    @pytest.fixture
    def url(self, sending, monkeypatch):
        monkeypatch.setenv("ANTS_MONITOR_TOKEN", TOKEN)
        with monitoring() as (_, url):
            yield url

    async def test_it_shows_the_campaign_and_the_token_leaves_the_address(self, url):
        async with watched(url) as page:
            assert "token" not in page.url
            assert (await page.inner_text("article h2")).split() == ["may", "Running"]
            tiles = await page.locator(".tiles .note").all_inner_texts()
            assert tiles[0] == "40 of 40"
            waiting = page.locator(".fates tr", has_text="Waiting for a final status")
            assert await waiting.locator("td").first.inner_text() == "40"

    async def test_it_follows_without_being_asked(self, url, sending):
        async with watched(url) as page:
            sending.send_signal(signal.SIGINT)
            await page.wait_for_selector("article .state.interrupted")

    async def test_language_and_colours_are_switched(self, url):
        async with watched(url, color_scheme="light") as page:
            await page.click("[data-language=th]")
            assert (await page.inner_text("article h2")).split() == ["may", "กำลังส่ง"]
            light = await background(page)
            await page.click("[data-theme=dark]")
            assert await background(page) != light

    @pytest.mark.parametrize("place", ["100%", "%E0", "may"])
    async def test_whatever_stands_behind_the_hash_it_shows_a_campaign(self, url, place):
        async with watched(f"{url}#{place}") as page:
            assert (await page.inner_text("article h2")).split() == ["may", "Running"]

    async def test_it_fits_a_phone(self, url):
        async with watched(url, viewport={"width": 360, "height": 740}) as page:
            assert await overflow(page) <= 0
