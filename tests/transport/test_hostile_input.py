"""Line breaks, NUL and other alphabets: refused with a clear error, or carried exactly as they are.

The requests are read off a real socket, as a server would, so that a forged header would be seen.
"""

import base64
import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from security.bad_server import answer, bad_server
from security.leaks import shown_by

from ants_async import AntsClient, ApiKeyAuth, BasicAuth, RetryPolicy
from ants_async.errors import AntsError, ConfigurationError, ValidationError
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Destination
from ants_async.wire import xml

LATIN = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc", "Zs"])
PRINTABLE = st.text(LATIN, min_size=1, max_size=40)
ODD = st.sampled_from(["\r", "\n", "\r\n", "\0", "\t", "\x7f", "\x85", "\x1b", "\u2028", "ร", "\udc80", "😀"])
BROKEN = st.tuples(st.text(LATIN, min_size=6, max_size=20), ODD, st.text(LATIN, max_size=20)).map("".join)
ANY = st.one_of(
    BROKEN, st.text(max_size=40), PRINTABLE, st.sampled_from(["..", ".", "a/../b", "a?b#c", "%2e%2e"])
)
HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization"}
TO = "66847781470"


@pytest.fixture(scope="module")
def server():
    """Gives a function that lets a client do something, and tells what was raised and what came."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(bad_server(lambda _: answer(400, b"{}"))) as (bad, port),
    ):

        async def exchange(work, credentials, wire):
            bad.requests.clear()
            url, once = f"http://127.0.0.1:{port}", RetryPolicy(attempts=1)
            async with AntsClient(url, credentials, rate=None, retry=once, wire=wire) as client:
                try:
                    await work(client)
                except AntsError as error:
                    return error, list(bad.requests)

        def run(work, credentials=BasicAuth("demo", "demo"), wire="json"):  # noqa: B008 - frozen
            error, requests = portal.call(exchange, work, credentials, wire)
            return error, [_Read(one) for one in requests]

        yield run


class _Read:
    """A request as a server reads it."""

    def __init__(self, content):
        head, _, self.body = content.partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        _, self.target, version = line.split(b" ")
        assert version == b"HTTP/1.1"
        assert b"\n" not in head.replace(b"\r\n", b"")
        self.headers = {
            name.lower().decode(): value for name, value in (one.split(b": ", 1) for one in fields)
        }
        assert len(self.headers) == len(fields)
        assert self.headers.keys() - {"content-length", "content-type"} == HEADERS


@given(value=BROKEN, which=st.sampled_from(["username", "password", "key", "header"]))
def test_credentials_that_cannot_be_sent_are_refused_and_not_echoed(value, which):
    class Own:
        header = f"Token {value}"

    makes = {
        "username": lambda: BasicAuth(value, "x"),
        "password": lambda: BasicAuth("anna", value),
        "key": lambda: ApiKeyAuth(value),
        "header": lambda: AntsClient("https://x", Own()),
    }
    with pytest.raises(ConfigurationError, match=r"printable Latin text") as caught:
        makes[which]()
    shown = {text for _, text in shown_by(caught.value)}
    assert not any(value in text or repr(value)[1:-1] in text for text in shown)


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["list"]])
@pytest.mark.parametrize("make", [ApiKeyAuth, lambda value: BasicAuth("anna", value)])
def test_credentials_of_another_type_are_refused_and_not_echoed(make, value):
    with pytest.raises(ConfigurationError) as caught:
        make(value)
    assert repr(value) not in str(caught.value)


@settings(deadline=None)
@given(username=PRINTABLE, password=PRINTABLE)
def test_latin_credentials_arrive_as_they_are(server, username, password):
    assume(":" not in username)
    _, (request,) = server(lambda client: client.account.balance(), BasicAuth(username, password))
    sent = base64.b64decode(request.headers["authorization"].removeprefix(b"Basic ")).decode("latin-1")
    assert sent == f"{username}:{password}"


@settings(deadline=None)
@given(key=PRINTABLE)
def test_latin_keys_arrive_as_they_are(server, key):
    _, (request,) = server(lambda client: client.account.balance(), ApiKeyAuth(key))
    assert request.headers["authorization"] == f"App {key}".encode("latin-1")


PATHS = {
    "/2fa/2/applications/": lambda client, one: client.two_factor.applications.get(one),
    "/settings/1/accounts/_/api-keys/": lambda client, one: client.api_keys.get(one),
    "/2fa/1/applications/a/messages/": lambda client, one: client.two_factor.templates.get("a", one),
}


@settings(deadline=None)
@given(value=ANY, prefix=st.sampled_from(sorted(PATHS)))
def test_an_id_stays_one_segment_of_the_path(server, value, prefix):
    error, requests = server(lambda client: PATHS[prefix](client, value))
    if isinstance(error, ValidationError):
        assert requests == []
        assert value in {"", ".", ".."} or not value.isprintable()
        return
    (request,) = requests
    target = request.target.decode("ascii")
    assert target.startswith(prefix)
    assert "/" not in target.removeprefix(prefix)
    assert unquote(target.removeprefix(prefix)) == value


@settings(deadline=None)
@given(value=ANY)
def test_a_filter_stays_one_parameter_of_the_query(server, value):
    error, requests = server(lambda client: client.reports.fetch(bulk_id=value))
    if isinstance(error, ValidationError):
        assert requests == []
        assert value == "" or any("\ud800" <= character <= "\udfff" for character in value)
        return
    query = parse_qs(urlsplit(requests[0].target.decode("ascii")).query, keep_blank_values=True)
    assert query == {"bulkId": [value], "limit": ["50"]}


@settings(deadline=None)
@given(
    value=ANY,
    field=st.sampled_from(["bulk_id", "message_id", "callback_data"]),
    wire=st.sampled_from(["json", "xml"]),
)
def test_what_goes_into_a_body_arrives_as_it_is(server, value, field, wire):
    message = AdvancedMessage(
        destinations=[Destination(TO, value if field == "message_id" else "m")],
        text="x",
        callback_data=value if field == "callback_data" else "c",
    )
    request = AdvancedRequest(messages=[message], bulk_id=value if field == "bulk_id" else "b")
    error, requests = server(lambda client: client.sms.send_advanced(request), wire=wire)
    if isinstance(error, ValidationError):
        assert requests == []
        assert wire == "xml" or any("\ud800" <= character <= "\udfff" for character in value)
        return
    (sent,) = requests
    body = json.loads(sent.body) if wire == "json" else xml.loads(sent.body)
    (found,) = body["messages"]
    (to,) = found["destinations"]
    assert {
        "bulk_id": body["bulkId"],
        "message_id": to["messageId"],
        "callback_data": found["callbackData"],
    } == {
        "bulk_id": "b",
        "message_id": "m",
        "callback_data": "c",
        field: value,
    }


@given(value=BROKEN)
def test_a_sender_with_anything_of_it_is_refused_naming_the_field(value):
    with pytest.raises(ValidationError, match="sender"):
        AdvancedMessage(destinations=[Destination(TO)], text="x", sender=value)


@given(value=st.one_of(BROKEN, st.integers(), st.none(), st.binary()))
def test_a_pin_that_is_none_is_not_echoed(server, value):
    assume(not isinstance(value, str))
    error, requests = server(lambda client: client.two_factor.verify_pin("pin", value))
    assert isinstance(error, ValidationError)
    assert error.value == "***"
    assert requests == []
