"""XML in the manual's shapes, and what hostile bytes come to."""

import contextlib
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ants_async.endpoints import read
from ants_async.endpoints.table import REPORTS, SEND
from ants_async.errors import ApiError, DecodeError
from ants_async.wire import xml
from ants_async.wire.caps import MAX_DEPTH, MAX_VALUES

HEADERS = {"content-type": "application/xml"}
RESULT = "<result><messageId>m</messageId><status><groupId>3</groupId><groupName>DELIVERED</groupName>\
<id>5</id><name>DELIVERED_TO_HANDSET</name></status></result>"


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"to": "1"}, "<to>1</to>"),
        ({"to": ["1", "2"]}, "<to><to>1</to><to>2</to></to>"),
        ({"messages": [{"to": "1"}]}, "<messages><message><to>1</to></message></messages>"),
        (
            {"messages": [{"to": "1"}, {"to": "2"}]},
            "<messages><message><to>1</to></message>\
<message><to>2</to></message></messages>",
        ),
        (
            {"destinations": [{"to": "1"}]},
            "<destinations><destination><to>1</to></destination></destinations>",
        ),
        ({"to": ["1"]}, "<to><to>1</to></to>"),
        ({"results": []}, "<results></results>"),
    ],
)
def test_a_list_is_a_wrapper_around_its_entries(data, body):
    document = f"<request>{body}</request>"
    assert xml.dumps(data, "request").decode().endswith(document)
    assert xml.loads(document.encode()) == data


def test_scalars_are_spelt_as_the_manual_has_them():
    document = xml.dumps({"flash": False, "validityPeriod": 5, "text": "a\r\n<&>"}, "r").decode()
    assert document.endswith(
        "<r><flash>false</flash><validityPeriod>5</validityPeriod><text>a&#13;\n&lt;&amp;&gt;</text></r>"
    )


def test_white_space_between_elements_means_nothing_and_within_a_text_everything():
    message = b"<message>\n <text>  a\n b </text> </message>"
    pretty = b"<r>\n <results>\n </results>\n <messages>\n " + message + b"\n</messages></r>"
    assert xml.loads(pretty) == {"results": [], "messages": [{"text": "  a\n b "}]}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("<r/>", 0),
        ("<r><results/></r>", 0),
        ("<r>\n <results>\n </results>\n</r>", 0),
        (f"<r><results>{RESULT}</results></r>", 1),
        (f"<r><results>\n {RESULT} {RESULT}\n</results></r>", 2),
        (f'<r xmlns="urn:x"><results count="3">{RESULT * 3}</results></r>', 3),
    ],
)
def test_a_page_has_none_one_or_many_results(body, count):
    page = read(REPORTS, 200, HEADERS, body.encode())
    assert [report.message_id for report in page.results] == ["m"] * count


@pytest.mark.parametrize(
    "body",
    [
        "<html><body>Maintenance</body></html>",
        "<r><status>down</status></r>",
        "<r><results>five</results></r>",
        f"<r><results>{RESULT}<other/></results></r>",
    ],
)
def test_a_page_that_is_none_is_not_an_empty_one(body):
    with pytest.raises(DecodeError, match="no ReportPage"):
        read(REPORTS, 200, HEADERS, body.encode())


def test_one_entry_is_a_list_like_many():
    assert xml.loads(b"<r><results><result><to>1</to></result></results></r>") == {"results": [{"to": "1"}]}


def test_numbers_and_truths_come_as_text_and_are_read():
    body = b"<reportResponse><results><result><messageId>m</messageId><smsCount>2</smsCount><price>\
<pricePerMessage>0.50</pricePerMessage><currency>THB</currency></price><status><groupId>3</groupId>\
<groupName>DELIVERED</groupName><id>5</id><name>X</name></status><error><groupId>0</groupId>\
<groupName>OK</groupName><id>0</id><name>NO_ERROR</name><permanent>true</permanent></error></result>\
</results></reportResponse>"
    (report,) = read(REPORTS, 200, HEADERS, body).results
    assert (report.sms_count, str(report.price.price_per_message), report.error.permanent) == (
        2,
        "0.50",
        True,
    )


BOMB = b"<!DOCTYPE a [<!ENTITY x0 'ha'>" + b"".join(
    f"<!ENTITY x{n} '&x{n - 1};&x{n - 1};'>".encode() for n in range(1, 40)
) + b"]><a>&x39;</a>"  # fmt: skip


QUADRATIC = b"<!DOCTYPE a [<!ENTITY x '" + b"y" * 100_000 + b"'>]><a>" + b"&x;" * 100_000 + b"</a>"

HOSTILE = {
    "bomb": BOMB,
    "quadratic": QUADRATIC,
    "file": b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    "external": b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x'> %x;]><a>b</a>",
    "undeclared": b"<a>&x;</a>",
    "deep": b"<a>" * 200_000 + b"</a>" * 200_000,
    "deep and open": b"<a>" * 200_000,
    "crossed": b"<a><b></a></b>",
    "two roots": b"<a/><b/>",
    "empty": b"",
    "bytes": b"\xff\xfe",
    "nul": b"<a>\x00</a>",
    "nul by number": b"<a>&#0;</a>",
    "unknown encoding": b"<?xml version='1.0' encoding='x-none'?><a/>",
    "another encoding": b"<?xml version='1.0' encoding='utf-16'?><a/>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_hostile_or_broken_is_an_error_of_ours(body):
    with pytest.raises(DecodeError):
        read(SEND, 200, HEADERS, body)


@pytest.mark.parametrize(("depth", "reads"), [(MAX_DEPTH - 1, True), (MAX_DEPTH, False), (5000, False)])
def test_what_nobody_knows_may_be_nested_as_deep_as_the_cap(depth, reads):
    odd = b"<odd>" * depth + b"</odd>" * depth
    with contextlib.nullcontext() if reads else pytest.raises(DecodeError, match="nested more than 64 deep"):
        read(REPORTS, 200, HEADERS, b"<r><results></results>" + odd + b"</r>")


@pytest.mark.parametrize("declaration", ["<!DOCTYPE a>", "<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]>"])
def test_a_document_type_is_refused_whatever_it_declares(declaration):
    with pytest.raises(DecodeError, match="document type"):
        read(SEND, 200, HEADERS, f"{declaration}<a/>".encode())


def test_too_many_elements_are_refused():
    with pytest.raises(DecodeError, match="more than 200000 values"):
        read(SEND, 200, HEADERS, b"<r>" + b"<a/>" * MAX_VALUES + b"</r>")


def test_nothing_is_opened_for_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("S3CR3T")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        for url in (secret.as_uri(), address):
            for declared in (f"<!ENTITY x SYSTEM '{url}'>", f"<!ENTITY % x SYSTEM '{url}'> %x;"):
                body = f"<!DOCTYPE a [{declared}]><a><to>&x;</to></a>".encode()
                with pytest.raises(DecodeError) as caught:
                    read(SEND, 200, HEADERS, body)
                assert "S3CR3T" not in str(caught.value)
        with pytest.raises(BlockingIOError):  # nobody called
            server.accept()


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="<>/a &;#x!-[]'\"=?", max_size=40).map(str.encode))
def test_any_bytes_at_all_are_an_answer_or_an_error_of_ours(body):
    for endpoint in (REPORTS, SEND):
        with contextlib.suppress(DecodeError):
            read(endpoint, 200, HEADERS, body)
    for status in (400, 429, 500):
        with pytest.raises(ApiError):
            read(SEND, status, HEADERS, body)
