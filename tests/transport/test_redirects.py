"""Redirects are never followed: what is sent to one host reaches no other one, over real sockets."""

import pytest
from security.bad_server import answer, bad_server

from ants_async import AntsClient, ApiKeyAuth, BasicAuth, RetryPolicy, errors

STATUSES = [300, 301, 302, 303, 305, 307, 308]
ONCE = RetryPolicy(attempts=1)


@pytest.fixture(params=[BasicAuth("anna", "s3cret"), ApiKeyAuth("k3y")], ids=["password", "key"])
def credentials(request):
    return request.param


async def refusals(port, credentials, location, status, **options):
    """What a read and a send become."""

    def moved(_):
        return answer(status, b"", b"Location: " + location.replace(b"{port}", b"%d" % first_port))

    async with (
        bad_server(moved) as (first, first_port),
        AntsClient(f"http://127.0.0.1:{first_port}", credentials, rate=None, retry=ONCE, **options) as client,
    ):
        for work in (client.account.balance, lambda: client.sms.send("66847781470", "x")):
            with pytest.raises(errors.ApiError) as caught:
                await work()
            assert (caught.value.status_code, caught.value.code) == (status, "REDIRECT")
            assert "not followed" in str(caught.value)
        assert len(first.requests) == 2


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["this host", "another host"])
async def test_another_server_gets_nothing(status, host, credentials):
    async with bad_server(lambda _: answer(200, b"{}")) as (other, port):
        await refusals(port, credentials, b"http://%s:%d/account/1/balance" % (host.encode(), port), status)
    assert other.requests == []


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "location",
    [
        b"/elsewhere",
        b"http://127.0.0.1:{port}/elsewhere",
        b"//evil.example/x",
        b"https://127.0.0.1:1/",
        b"ftp://127.0.0.1/",
        b"javascript:alert(1)",
        b"http://user:pw@127.0.0.1:1/",
        b"",
        b"http://\xff\xfe/",
        b"http://x:99999/",
        b"http://[::1",
        b"http://[",
        b"https://xn--a/",
        b"mailto:a",
        b"//\xad/",
        b"\xff",
        b"x" * 5000,
        b"x" * 70_000,
    ],
    ids=lambda location: location[:20].decode("latin-1"),
)
async def test_wherever_it_leads_the_error_is_the_same(status, location):
    await refusals(None, BasicAuth("anna", "s3cret"), location, status)


async def test_a_redirect_is_no_reason_to_try_again():
    async with (
        bad_server(lambda _: answer(307, b"", b"Location: /again")) as (server, port),
        AntsClient(f"http://127.0.0.1:{port}", BasicAuth("anna", "s3cret"), rate=None) as client,
    ):
        with pytest.raises(errors.ApiError):
            await client.account.balance()
    assert len(server.requests) == 1


async def test_what_an_answer_sets_as_a_cookie_goes_nowhere():
    body = b'{"balance": 1, "currency": "THB"}'
    async with (
        bad_server(lambda _: answer(200, body, b"Set-Cookie: session=1; Path=/")) as (server, port),
        AntsClient(f"http://127.0.0.1:{port}", BasicAuth("anna", "s3cret"), rate=None) as client,
    ):
        await client.account.balance()
        await client.account.balance()
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()
