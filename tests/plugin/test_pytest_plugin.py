"""The fixtures, in tests of somebody else: with pytest-asyncio in either mode, with anyio, with neither."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

LOADED = "ants_async" in entry_points(group="pytest11").names  # where the package is installed
PLUGIN = [] if LOADED else ["-p", "ants_async.pytest_plugin"]
SEND = """
import pytest

{marks}
async def test_send(ants_simulator, ants_client):
    receipt = await ants_client.sms.send("66847781470", "Welcome!", sender="ANTS")
    (message,) = ants_simulator.sent
    assert (message.to, message.text, message.sender) == ("66847781470", "Welcome!", "ANTS")
    assert message.message_id == receipt.messages[0].message_id
    assert ants_simulator.stats["requests"] == 1

{marks}
async def test_another_one_has_an_account_of_its_own(ants_simulator, ants_client):
    assert ants_simulator.sent == []
    assert str(await ants_client.account.balance())
"""


@pytest.fixture
def run(pytester):
    """Runs a test file, all warnings being errors, and gives how many passed and failed."""

    def run(program, *options):
        pytester.makepyfile(program)
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        result = pytester.runpytest_inprocess(
            *PLUGIN, "-W", "error", "--strict-markers", "-p", "no:cacheprovider", *options
        )
        return result, result.parseoutcomes()

    return run


@pytest.mark.parametrize(
    ("marks", "options"),
    [
        ("", ["--asyncio-mode=auto"]),
        ("@pytest.mark.asyncio", ["--asyncio-mode=strict"]),
        ("@pytest.mark.anyio", ["--asyncio-mode=strict", "-k", "not trio"]),
    ],
    ids=["asyncio auto", "asyncio strict", "anyio"],
)
def test_async_tests_of_every_plugin_have_them(run, pytester, marks, options):
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")
    _, outcomes = run(SEND.format(marks=marks), *options)
    assert outcomes == {"passed": 2}


def test_a_plain_test_has_them_too(run):
    _, outcomes = run(
        """
import asyncio

def test_plain(ants_simulator, ants_client):
    for _ in range(2):
        asyncio.run(ants_client.sms.send("66847781470", "Hi"))
    assert len(ants_simulator.sent) == 2
"""
    )
    assert outcomes == {"passed": 1}


def test_a_marker_says_how_it_behaves_and_the_closest_one_has_the_last_word(run):
    _, outcomes = run(
        """
import pytest
from ants_async import ThrottledError
from ants_async.simulator import Faults

pytestmark = pytest.mark.ants_simulator(rate="1/1h", faults="500=0.5", balance=3)

@pytest.mark.ants_simulator(faults="")
async def test_marked(ants_simulator, ants_client):
    assert ants_simulator.faults == Faults()
    assert (await ants_client.account.balance()).balance == 3
""",
        "--asyncio-mode=auto",
    )
    assert outcomes == {"passed": 1}


def test_a_marker_that_says_what_no_simulator_knows_is_refused(run):
    result, outcomes = run(
        """
import pytest

@pytest.mark.ants_simulator(speed=7)
def test_marked(ants_simulator): ...
"""
    )
    assert outcomes == {"errors": 1}
    result.stdout.fnmatch_lines(["*ValidationError: ants_simulator: 'speed' is not valid: one of api_key, *"])


def test_a_setting_without_a_name_is_refused(run):
    result, outcomes = run(
        """
import pytest

@pytest.mark.ants_simulator("1/10s")
def test_marked(ants_simulator): ...
"""
    )
    assert outcomes == {"errors": 1}
    result.stdout.fnmatch_lines(["*ants_simulator('1/10s',): settings have names, as in rate='5/1s'*"])


def test_faults_can_be_planned_and_switched(run):
    _, outcomes = run(
        """
import pytest
from ants_async import OutcomeUnknown, RetryPolicy, ServerError

async def test_faults(ants_simulator):
    client = ants_simulator.client(retry=RetryPolicy(base=0))
    ants_simulator.fail("500=1", "drop-before=1")
    await client.account.balance()
    assert ants_simulator.stats["requests"] == 3
    ants_simulator.faults = "drop-after=1"
    with pytest.raises(OutcomeUnknown):
        await client.sms.send("66847781470", "Hi")
    assert len(ants_simulator.sent) == 1
""",
        "--asyncio-mode=auto",
    )
    assert outcomes == {"passed": 1}


def test_its_clock_can_be_told_to_go_ahead(run):
    _, outcomes = run(
        """
import pytest

@pytest.mark.ants_simulator(delivery_time=3600)
async def test_reports(ants_simulator, ants_client):
    await ants_client.sms.send("66847781470", "Hi")
    assert await ants_client.reports.fetch() == ()
    ants_simulator.clock.advance(7200)
    assert len(await ants_client.reports.fetch()) == 1
""",
        "--asyncio-mode=auto",
    )
    assert outcomes == {"passed": 1}


def test_pins_are_sent_with_its_key(run):
    _, outcomes = run(
        """
from ants_async import ApplicationRequest

async def test_pins(ants_simulator):
    client = ants_simulator.client(credentials=ants_simulator.api_key)
    await client.two_factor.applications.create(ApplicationRequest(name="shop"))
    assert len(await client.two_factor.applications.list()) == 1
""",
        "--asyncio-mode=auto",
    )
    assert outcomes == {"passed": 1}


def test_an_app_that_reads_the_environment_finds_it(run):
    _, outcomes = run(
        """
from ants_async import AntsClient

async def test_environment(ants_environment):
    async with AntsClient.from_env() as client:
        await client.sms.send("66847781470", "Hi")
    assert len(ants_environment.sent) == 1
""",
        "--asyncio-mode=auto",
    )
    assert outcomes == {"passed": 1}


def test_loading_it_imports_nothing_of_the_package_that_it_does_not_need():
    program = """
import sys, ants_async.pytest_plugin
print(sorted(name for name in sys.modules if name.startswith(("ants_async", "httpx", "attrs", "starlette"))))
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "['ants_async', 'ants_async.pytest_plugin']\n"


def test_without_the_extra_only_the_fixture_fails_and_says_which_one():
    program = """
import sys
sys.modules["starlette"] = sys.modules["starlette.applications"] = None
import ants_async.pytest_plugin
try:
    import ants_async.testing
except ValueError as error:
    print(type(error).__name__, error)
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("ConfigurationError this needs the extra 'simulator'")
