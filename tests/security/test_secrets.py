"""No secret is shown: not by what is logged, printed, raised or kept, whatever the server does.

The server of these tests answers with what it was asked: credentials, keys and PINs come back in every place
where a client might quote them.
"""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme
from security.bad_server import bad_server, closed_port
from security.echoes import ECHOES, refusal
from security.leaks import Canaries, listening
from security.operations import FORM, SHOP, TO, calls, in_every_format
from virtual_time import virtual_time

from ants_async import AntsClient, ApiKeyAuth, BasicAuth, RetryPolicy, errors
from ants_async.endpoints import OPERATIONS, Wire
from ants_async.models.api_keys import ApiKeyRequest
from ants_async.simulator import SimulatorConfig, running

USER, PASSWORD, PUBLIC_KEY = "anna", 'p@ss"<wörd>&/42', "pub-5f0c2a9e-key"
SECRETS = {
    "pin": "84O3L7",
    "key": "KEY9C0DB5A1/é",
    "public_key": "pub-77aa-listed",
    "account": "ACCOUNT-31F0B2",
    "notify_url": "https://hooks.example.com/ants/k1/tok-E5w0Yt8aQ",
}
CALLS = calls(**SECRETS)
RETRY = RetryPolicy(attempts=2, base=0.0, deadline=0.01)


@pytest.fixture
def canaries():
    found = Canaries(api_key=PUBLIC_KEY, **SECRETS)
    found.add_basic(USER, PASSWORD)
    found.add("notify_url", "tok-E5w0Yt8aQ")
    return found


@pytest.fixture
def nothing_shown(canaries, capfd):
    """Gives the canaries; at the end, what was logged, warned of and printed is looked through."""
    with listening() as heard:
        yield canaries
    out, err = capfd.readouterr()
    shown = {line for line in [*heard.lines, out, err] if canaries.in_text(line)}
    assert not shown


def talk():
    """Have asyncio log everything it does."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0


@pytest.fixture
async def talkative():
    talk()


@asynccontextmanager
async def clients(base_url, **options):
    """One with a password and one with a key, which talk about everything."""
    options = {"rate": None, "retry": RETRY} | options
    async with (
        AntsClient(base_url, BasicAuth(USER, PASSWORD), **options) as owner,
        AntsClient(base_url, ApiKeyAuth(PUBLIC_KEY), **options) as key,
    ):
        yield owner, key


async def failures(base_url, canaries, **options):
    """What every operation raises, in every format, with either kind of credentials."""
    raised = []
    async with clients(base_url, **options) as pair:
        for client in pair:
            for call in CALLS.items():
                for work in in_every_format(client, call):
                    error = await failure(work)
                    if error is not None:
                        assert canaries.in_error(error) == set()
                        raised.append(error)
        assert canaries.in_object(pair) == set()
    return raised


async def failure(work):
    try:
        await work()
    except errors.AntsError as error:
        return error


@pytest.mark.parametrize("echo", ECHOES)
async def test_a_server_that_sends_everything_back(echo, nothing_shown):
    async with bad_server(ECHOES[echo]) as (_, port):
        raised = await failures(f"http://127.0.0.1:{port}", nothing_shown)
    assert len(raised) >= 2 * 25  # a list of keys may be anything


@pytest.mark.usefixtures("talkative")
async def test_a_connection_that_is_dropped(nothing_shown):
    async with bad_server(lambda _: None) as (_, port):
        assert await failures(f"http://127.0.0.1:{port}", nothing_shown)


@virtual_time
async def test_no_answer_in_time(nothing_shown):
    talk()
    async with bad_server(lambda _: ...) as (_, port):
        raised = await failures(f"http://127.0.0.1:{port}", nothing_shown, timeout=30)
    assert {type(error) for error in raised} >= {errors.RequestTimeout, errors.OutcomeUnknown}


@pytest.mark.usefixtures("talkative")
async def test_a_connection_that_is_refused(nothing_shown):
    raised = await failures(f"http://127.0.0.1:{closed_port()}", nothing_shown)
    assert errors.ConnectionFailed in {type(error) for error in raised}


async def test_a_host_that_has_no_address(nothing_shown, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    raised = await failures("https://api.ants.invalid", nothing_shown)
    assert errors.ConnectionFailed in {type(error) for error in raised}


@pytest.mark.usefixtures("talkative")
async def test_a_certificate_of_nobody_we_know(nothing_shown):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with bad_server(refusal(400), ssl=context) as (server, port):
        raised = await failures(f"https://127.0.0.1:{port}", nothing_shown)
    assert errors.ConnectionFailed in {type(error) for error in raised}
    assert server.requests == []


async def test_a_call_that_is_cancelled(nothing_shown):
    """Also with the frames of httpx and httpcore in it, which hold the request."""
    async with bad_server(lambda _: ...) as (_, port), clients(f"http://127.0.0.1:{port}") as (owner, _):
        for call in CALLS.values():
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.02):
                    await call(owner)
            assert nothing_shown.in_error(caught.value) == set()


async def test_a_client_that_is_closed(nothing_shown):
    async with clients(f"http://127.0.0.1:{closed_port()}") as (owner, key):
        pass
    for client in (owner, key):
        for call in CALLS.values():
            with pytest.raises(errors.AntsError) as caught:
                await call(client)
            assert nothing_shown.in_error(caught.value) == set()


@pytest.mark.usefixtures("talkative")
async def test_every_operation_going_well(nothing_shown):
    """Keys are made and PINs sent and verified; what is answered shows them no more than what was asked."""
    config = SimulatorConfig(user=f"{USER}:{PASSWORD}", api_key=PUBLIC_KEY, delivery_time=0.0)
    done = set()
    async with running(config) as base_url, clients(base_url) as (owner, key):
        for wire in Wire:
            made = await owner.api_keys.create(ApiKeyRequest(name="Web"))
            nothing_shown.add("made", made.key, made.public_api_key, made.account_key)
            application = await owner.two_factor.applications.create(SHOP)
            home = application.application_id
            template = await owner.two_factor.templates.create(home, FORM)
            sent = await key.two_factor.send_pin(
                application_id=home, message_id=template.message_id, to=TO, sender="ANTS"
            )
            entry = (await owner.logs.search(to=TO))[0]
            pin = entry.text.removeprefix("PIN: ")
            nothing_shown.add("pin", pin)
            names = SECRETS | {"pin": pin, "key": made.key, "public_key": made.public_api_key}
            names |= {"account": made.account_key, "notify_url": None}
            well = calls(application=home, template=template.message_id, pin_id=sent.pin_id, **names)
            for name, call in well.items():
                client = key if OPERATIONS[name].is_quota else owner
                answer = await call(client.speaking(wire))
                assert nothing_shown.in_object([answer, sent, made, entry, owner, key]) == set()
                done.add(name)
    assert done == OPERATIONS.keys()
