"""Whom a client believes: real certificates, real handshakes. There is no way to believe everybody."""

import inspect
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from security.bad_server import answer, bad_server

from ants_async import AntsClient, BasicAuth, ConfigurationError, RetryPolicy
from ants_async.errors import ConnectionFailed

AUTHORITY = trustme.CA()
BALANCE = b'{"balance": 1, "currency": "THB"}'
PAST = datetime.now(UTC) - timedelta(days=1)


def serving(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return bad_server(lambda _: answer(200, BALANCE), ssl=context)


def trusting(authority=AUTHORITY):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def client(port, **options):
    return AntsClient(
        f"https://127.0.0.1:{port}",
        BasicAuth("anna", "s3cret"),
        rate=None,
        retry=RetryPolicy(attempts=1),
        **options,
    )


async def test_an_authority_of_ones_own():
    async with (
        serving(AUTHORITY.issue_cert("127.0.0.1")) as (server, port),
        client(port, ssl_context=trusting()) as api,
    ):
        assert (await api.account.balance()).balance == 1
    assert b"Authorization: Basic " in server.requests[0]


@pytest.mark.parametrize(
    ("certificate", "options", "reason"),
    [
        (AUTHORITY.issue_cert("127.0.0.1"), {}, "unable to get local issuer"),
        (trustme.CA().issue_cert("127.0.0.1"), {"ssl_context": trusting()}, "unable to get local issuer"),
        (AUTHORITY.issue_cert("api.ants.co.th"), {"ssl_context": trusting()}, "IP address mismatch"),
        (AUTHORITY.issue_cert("127.0.0.2"), {"ssl_context": trusting()}, "IP address mismatch"),
        (
            AUTHORITY.issue_cert("127.0.0.1", not_before=PAST - timedelta(days=9), not_after=PAST),
            {"ssl_context": trusting()},
            "certificate has expired",
        ),
    ],
    ids=["of nobody known", "of another authority", "of another host", "of another address", "expired"],
)
async def test_other_certificates_are_refused_before_anything_is_sent(certificate, options, reason):
    async with serving(certificate) as (server, port), client(port, **options) as api:
        with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED") as caught:
            await api.account.balance()
        assert reason in str(caught.value)
        with pytest.raises(ConnectionFailed):  # and so nothing was sent: no OutcomeUnknown
            await api.sms.send("66847781470", "x")
    assert server.requests == []


async def test_a_server_that_speaks_no_tls():
    async with bad_server(lambda _: answer(200, BALANCE)) as (_, port), client(port, timeout=1.0) as api:
        with pytest.raises(ConnectionFailed):
            await api.account.balance()


def _unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _without_host_names():
    context = trusting()
    context.check_hostname = False
    return context


def _with_optional_certificates():
    context = trusting()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


@pytest.mark.parametrize(
    "make",
    [_unverified, _without_host_names, _with_optional_certificates, lambda: False, lambda: "/tmp/ca.pem"],  # noqa: S108
)
def test_a_context_that_does_not_check_is_refused(make):
    with pytest.raises(ConfigurationError, match="ssl_context"):
        client(443, ssl_context=make())


@pytest.mark.parametrize("name", ["verify", "verify_ssl", "ssl", "insecure", "check_hostname"])
def test_there_is_no_such_argument(name):
    with pytest.raises(TypeError, match=name):
        client(443, **{name: False})


def test_from_env_takes_the_same_arguments_but_for_plain_http():
    made, from_env = (
        inspect.signature(one).parameters.keys() - {"self"}
        for one in (AntsClient.__init__, AntsClient.from_env)
    )
    assert made - from_env == {"credentials", "allow_http", "wall_clock"}
