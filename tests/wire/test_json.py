"""JSON, with and without orjson: the same rules."""

import importlib
import sys

import pytest

from ants_async.wire import json
from ants_async.wire.caps import MAX_DEPTH, MAX_VALUES


@pytest.fixture(params=["orjson", "standard library"])
def module(request, monkeypatch):
    if request.param == "orjson":
        yield json
        return
    monkeypatch.setitem(sys.modules, "orjson", None)
    yield importlib.reload(json)
    monkeypatch.undo()
    importlib.reload(json)


def test_thai_stays_thai_and_nothing_is_padded(module):
    assert module.dumps({"text": "สวัสดี", "n": [1, 2]}) == '{"text":"สวัสดี","n":[1,2]}'.encode()


def test_it_reads_what_it_writes(module):
    assert module.loads(module.dumps({"a": [1, "ก", None, True]})) == {"a": [1, "ก", None, True]}


NO_JSON = {
    "empty": b"",
    "open": b"{",
    "no UTF-8": b"\xff\xfe",
    "byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": Infinity}',
    "beyond any number": b'{"a": 1e400}',
    "five thousand digits": b"1" * 5000,
    "a page": b"<html>",
    "half a character": b'{"a": "\\ud800"}',
    "the other half": b'{"a": "\\uDC00"}',
    "half a character that a name given twice hides": b'{"a": "\\ud800", "a": [1]}',
    "a hundred thousand deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_a_value_error(module, content):
    with pytest.raises(ValueError):
        module.loads(content)


def test_both_halves_of_a_character_are_one(module):
    assert module.loads(b'"\\ud83d\\udc4d"') == "👍"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("beside", [b"", b'{"]]}}": "\\"]}"},'])
def test_it_may_be_nested_as_deep_as_the_cap(module, opening, beside):
    def nested(depth):
        ending = b"]" if opening == b"[" else b"}"
        return b"[" + beside + opening * (depth - 1) + b"0" + ending * (depth - 1) + b"]"

    module.loads(nested(MAX_DEPTH))
    with pytest.raises(ValueError, match="nested more than 64 deep"):
        module.loads(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("value", [b"0", b"[]", b"{}", b'{"a":0}', b'"\\","'])
def test_too_many_values_are_refused_before_they_take_room(module, value):
    with pytest.raises(ValueError, match="more than 200000 values"):
        module.loads(b"[" + (value + b",") * MAX_VALUES + b"0]")


def test_commas_and_brackets_within_a_text_are_no_values(module):
    text = ',[{\\"' * MAX_VALUES
    assert module.loads(f'["{text}"]'.encode()) == [text.replace("\\", "")]


def test_what_json_cannot_hold_is_a_value_error(module):
    with pytest.raises((ValueError, TypeError)):
        module.dumps({"a": object()})
