"""Where a client may connect to: https, or this machine. What may hold a credential is not echoed."""

import ssl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async import AntsClient, BasicAuth, ConfigurationError
from ants_async.transport.address import check_base_url, check_proxy, is_this_machine

SECRET = "hunter2topsecret"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ants.co.th",
        "https://api.ants.co.th:8443/gateway/v1",
        "https://api.ants.co.th.",
        "https://10.0.0.1",
        "https://[2001:db8::1]:8443",
        "https://xn--o3cw4h.example",
        "HTTPS://API.ANTS.CO.TH",
        "http://127.0.0.1:8080",
        "http://127.8.9.10",
        "http://localhost",
        "http://LOCALHOST:1",
        "http://[::1]:1",
    ],
)
def test_https_and_this_machine_are_fine(url):
    assert check_base_url(url) == check_base_url(f"{url}/") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.ants.co.th",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.0.0.1",
        "http://0177.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::ffff:10.0.0.1]",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
        "http://localhost.",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1%2eevil.com",
        "http://127.0.0.1#@evil.com",
        "http://127.0.0.1\\@evil.com",
        "http://evil.com\\.localhost",
    ],
)
def test_plain_http_leads_nowhere_but_to_this_machine(url):
    with pytest.raises(ConfigurationError):
        check_base_url(url)


def test_plain_http_elsewhere_must_be_asked_for():
    with pytest.raises(ConfigurationError, match="in the clear"):
        check_base_url("http://gateway.internal")
    assert check_base_url("http://gateway.internal", allow_http=True) == "http://gateway.internal"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x",
        "//api.ants.co.th",
        "api.ants.co.th",
        "https://",
        "https:///path",
        "https://:443",
        "https://x y",
        "https://x\t.com",
        "https://x\r\nHost: y",
        "https://x\0",
        "http://[::1",
        "https://[fe80::1%25eth0]",
        "https://[v1.x]",
        "https://x:99999",
        "https://x:-1",
        "https://a..b",
        "https://-x.com",
        "https://%61.com",
        f"https://{'a' * 64}.com",
        f"https://{'a.' * 127}com",
        "https://ไทย.example",
        "https://api.ants.co.th/a/../b",
        "https://api.ants.co.th/%2e%2e",
        "https://api.ants.co.th\\b",
        "https://api.ants.co.th/a?b",
        "https://api.ants.co.th/#",
        None,
        b"https://api.ants.co.th",
        httpx.URL("https://api.ants.co.th"),
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConfigurationError, match="base_url"):
        check_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@api.ants.co.th",
        f"https://{SECRET}@api.ants.co.th",
        f"http://user:{SECRET}@localhost",
        f"https://user:{SECRET}",
        f"https://user:{SECRET}/x@api.ants.co.th",
        f"https://user:{SECRET}#x@api.ants.co.th",
        f"https:/user:{SECRET}@api.ants.co.th",
        f"https:user:{SECRET}",
        f"user:{SECRET}@api.ants.co.th",
        f"https://api.ants.co.th/?token={SECRET}",
        f"https://api.ants.co.th/#{SECRET}",
        f"https://api.ants.co.th:{SECRET}",
        f"https://[{SECRET}",
        f"https://{SECRET}\u0e01",
    ],
)
@pytest.mark.parametrize("check", [check_base_url, lambda url: check_proxy(f"{url}?", "https://x")])
def test_credentials_in_an_address_are_refused_and_not_echoed(url, check):
    with pytest.raises(ConfigurationError) as caught:
        check(url)
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


ADDRESSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["https://", "http://", "https:", "//", "", "HTTP://"]),
        st.lists(
            st.sampled_from(
                [
                    "localhost",
                    "127.0.0.1",
                    "evil.com",
                    "@",
                    ":",
                    "/",
                    "\\",
                    "#",
                    "?",
                    ".",
                    "[",
                    "]",
                    "::1",
                    "%",
                    "80",
                ]
            ),
            max_size=7,
        ).map("".join),
    ),
)


@given(ADDRESSES)
def test_what_is_let_through_is_understood_by_httpx_in_the_same_way(url):
    """Two readers of one address that disagree about its host are how passwords go astray."""
    try:
        checked = check_base_url(url)
    except ConfigurationError:
        return
    read = httpx.AsyncClient(base_url=checked).build_request("GET", "/account/1/balance").url
    assert not read.userinfo
    assert not read.query
    assert not read.fragment
    assert read.scheme == "https" or is_this_machine(read.host)
    assert read.host.lower() in checked.lower()
    assert read.path.endswith("/account/1/balance")


# --- a proxy


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "https://user:p%40ss@proxy", "http://10.0.0.1:1/"])
def test_a_proxy(proxy):
    assert check_proxy(proxy, "https://api.ants.co.th") == proxy


@pytest.mark.parametrize(
    "proxy",
    ["proxy:3128", "socks5://proxy", "http://", "http://proxy/path", "http://p:x", "http://p\r\n", "", 5],
)
def test_what_is_no_proxy_is_refused(proxy):
    with pytest.raises(ConfigurationError, match="proxy"):
        check_proxy(proxy, "https://api.ants.co.th")


def test_a_proxy_would_read_what_goes_through_it_in_plain_http():
    with pytest.raises(ConfigurationError, match="https"):
        AntsClient("http://localhost", BasicAuth("a", "b"), proxy="http://proxy")
    AntsClient("http://gateway", BasicAuth("a", "b"), proxy="http://proxy", allow_http=True)


@pytest.mark.parametrize("options", [{"proxy": "http://p"}, {"ssl_context": ssl.create_default_context()}])
def test_a_transport_of_ones_own_would_not_see_them(options):
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with pytest.raises(ConfigurationError, match="transport"):
        AntsClient("https://api.ants.co.th", BasicAuth("a", "b"), transport=transport, **options)


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("box", False),
    ],
)
def test_this_machine_is_what_only_itself_reaches(host, alone):
    assert is_this_machine(host) is alone
