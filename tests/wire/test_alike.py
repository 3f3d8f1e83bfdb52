"""What is read at once is what would have been read entry by entry."""

import json
import tracemalloc

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ants_async.endpoints import read
from ants_async.endpoints.table import SEND_ADVANCED
from ants_async.errors import DecodeError
from ants_async.models.sms import ReadyRequest, Receipts, SendReceipt
from ants_async.wire.alike import first_alone

TO = [f"6680000000{n}" for n in range(5)]
IDS = [f"{n}{n}{n}" for n in range(5)]
STATUS = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "Sent"}
JSON = {"content-type": "application/json;charset=UTF-8"}


def usual(to, one):
    return {"to": to, "status": STATUS, "smsCount": 1, "messageId": one}


def id_first(to, one):
    return {"messageId": one, "to": to, "status": STATUS, "smsCount": 2}


def with_more(to, one):
    return {"x": [{}], "to": to, "messageId": one, "status": STATUS}


def answer(*, entry=usual, **options):
    some = [entry(to, one) for to, one in zip(TO, IDS, strict=True)]
    return json.dumps({"bulkId": "b", "messages": some}, **options).encode()


FORMS = {
    "short": answer(separators=(",", ":")),
    "spaced": answer(),
    "on many lines": answer(indent=2),
    "the id first": answer(entry=id_first),
    "with more": answer(entry=with_more),
    "the bulk id last": b'{"messages":' + answer().partition(b'"messages":')[2][:-1] + b',"bulkId":"b"}',
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_answer_that_says_the_same_of_all_is_read_once(form):
    alone = json.loads(first_alone(form, TO, IDS))
    assert alone == {**json.loads(form), "messages": json.loads(form)["messages"][:1]}


def one_differs(form, place=3, **changes):
    data = json.loads(form)
    data["messages"][place] |= changes
    return json.dumps(data).encode()


SHORT = FORMS["short"]
ONE = json.dumps(json.loads(SHORT)["messages"][:1]).encode()
OTHERS = {
    "another status": one_differs(SHORT, status={**STATUS, "id": 26}),
    "another count": one_differs(SHORT, smsCount=2),
    "another id": one_differs(SHORT, messageId="444"),
    "another number": one_differs(SHORT, to="66800000009"),
    "the first is another": one_differs(SHORT, 0, messageId="x"),
    "one less": json.dumps({"messages": json.loads(SHORT)["messages"][:4]}).encode(),
    "turned round": json.dumps({"messages": json.loads(SHORT)["messages"][::-1]}).encode(),
    "two lists": SHORT[:-1] + b',"messages":[]}',
    "two lists, one spelt otherwise": SHORT[:-1] + b',"\\u006dessages":[]}',
    "another list, spelt otherwise": b'{"\\u006dessages":' + ONE + b',"x":{' + SHORT[1:] + b"}",
    "spaces that are none": SHORT.replace(b"},{", "},\u00a0{".encode()),
    "an entry that is long": SHORT.replace(b'"Sent"', b'"%b"' % (b"x" * 5000)),
    "no comma": SHORT.replace(b"},{", b"}{"),
    "in each other": b'{"messages":['
    + b",".join(
        b'{"to":"%b","messageId":"%b","x":[{}' % (to.encode(), one.encode())
        for to, one in zip(TO, IDS, strict=True)
    )
    + b"]}" * 5
    + b"]}",
    "cut short": SHORT[:-1],
    "no list": b'{"messages":{}}',
    "no text": b"\xff" + SHORT,
    "nothing": b"",
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_any_other_goes_the_ordinary_way(content):
    alone = first_alone(content, TO, IDS)
    assert alone is None or not is_json(alone)  # then it is refused, as it would be anyhow


def is_json(content):
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def test_one_alone_goes_the_ordinary_way():
    content = json.dumps({"messages": json.loads(SHORT)["messages"][:1]}).encode()
    assert first_alone(content, TO[:1], IDS[:1]) is None


def test_a_first_entry_as_large_as_an_answer_is_not_repeated_a_thousand_times():
    to, ids = [str(66800000000 + n) for n in range(1000)], [f"{n:032x}" for n in range(1000)]
    entry = json.dumps({"to": to[0], "messageId": ids[0], "status": "x" * 2**20})
    content = f'{{"messages":[{entry},{entry}]}}'.encode()
    tracemalloc.start()
    try:
        assert first_alone(content, to, ids) is None
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


def test_one_more_is_not_passed_over():
    stranger = {"to": "66800000009", "status": STATUS, "smsCount": 1, "messageId": "999"}
    content = SHORT.replace(b"]}", b"," + json.dumps(stranger).encode() + b"]}")
    assert taken(content, ASKED) == taken(content, None)
    assert len(taken(content, ASKED)[0]) == 6


def taken(content, asked):
    """What is read of it: messages and bulk id, or that it cannot be read."""
    kind = SendReceipt if asked is None else Receipts
    try:
        found = read(SEND_ADVANCED if asked is None else RECEIPTS, 200, JSON, content, asked=asked)
    except DecodeError:
        return DecodeError
    assert type(found) is kind
    found = Receipts.of(found) if asked is None else found
    return [*found.rows()], found.bulk_id


RECEIPTS = attrs.evolve(SEND_ADVANCED, answer=Receipts)
ASKED = ReadyRequest(json=b"", to=TO, ids=IDS)
pieces = st.sampled_from(b'{ } [ ] , " : "messages":[ 66800000002 222 1'.split())


@st.composite
def spoilt(draw):
    """An answer with some of it cut out, doubled, or put elsewhere."""
    content = draw(st.sampled_from([*FORMS.values(), *OTHERS.values()]))
    for _ in range(draw(st.integers(0, 3))):
        first, last, place = sorted(draw(st.integers(0, len(content))) for _ in range(3))
        piece = draw(st.one_of(pieces, st.just(content[first:last]), st.just(b"")))
        content = content[:first] + piece + content[draw(st.sampled_from([first, last, place])) :]
    return content


@settings(max_examples=400)
@given(spoilt())
def test_whatever_comes_is_read_as_it_would_be_entry_by_entry(content):
    assert taken(content, ASKED) == taken(content, None)
