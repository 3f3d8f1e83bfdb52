"""What happens to stand in the environment changes neither where requests go nor whom they trust."""

import ssl

import pytest
import trustme
from security.bad_server import answer, bad_server

from ants_async import AntsClient, BasicAuth, RetryPolicy
from ants_async.errors import ConnectionFailed

BALANCE = b'{"balance": 1, "currency": "THB"}'
ONCE = RetryPolicy(attempts=1)


@pytest.mark.parametrize(
    "name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
)
async def test_no_proxy_of_the_environment(name, monkeypatch):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with (
        bad_server(lambda _: answer(200, BALANCE)) as (proxy, proxy_port),
        bad_server(lambda _: answer(200, BALANCE)) as (server, port),
    ):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy_port}")
        async with AntsClient(f"http://127.0.0.1:{port}", BasicAuth("anna", "s3cret"), rate=None) as client:
            await client.account.balance()
    assert (len(server.requests), len(proxy.requests)) == (1, 0)


async def test_no_password_of_a_netrc_file(monkeypatch, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    async with (
        bad_server(lambda _: answer(200, BALANCE)) as (server, port),
        AntsClient(f"http://127.0.0.1:{port}", BasicAuth("anna", "s3cret"), rate=None) as client,
    ):
        await client.account.balance()
    assert b"Authorization: Basic YW5uYTpzM2NyZXQ=\r\n" in server.requests[0]


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_no_authority_of_the_environment(name, monkeypatch, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv(name, str(tmp_path if name.endswith("DIR") else tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with (
        bad_server(lambda _: answer(200, BALANCE), ssl=context) as (server, port),
        AntsClient(f"https://127.0.0.1:{port}", BasicAuth("a", "b"), rate=None, retry=ONCE) as client,
    ):
        with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
            await client.account.balance()
    assert server.requests == []
