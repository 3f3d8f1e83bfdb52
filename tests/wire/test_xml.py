"""XML in the manual's shapes, and what hostile bytes come to."""

import pytest

from ants_async.endpoints import read
from ants_async.endpoints.table import REPORTS, SEND
from ants_async.errors import DecodeError
from ants_async.wire import xml

HEADERS = {"content-type": "application/xml"}


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"to": "1"}, "<to>1</to>"),
        ({"to": ["1", "2"]}, "<to><to>1</to><to>2</to></to>"),
        ({"messages": [{"to": "1"}]}, "<messages><message><to>1</to></message></messages>"),
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


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x'> %x;]><a>b</a>",
        b"<a>" * 200_000 + b"</a>" * 200_000,
        b"<a><b></a></b>",
        b"",
        b"\xff\xfe",
        b"<a>\x00</a>",
    ],
    ids=["bomb", "file", "external", "deep", "crossed", "empty", "bytes", "nul"],
)
def test_what_is_hostile_or_broken_is_an_error_of_ours(body):
    with pytest.raises(DecodeError):
        read(SEND, 200, HEADERS, body)
