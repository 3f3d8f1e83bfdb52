"""JSON, with and without orjson: the same rules."""

import importlib
import sys

import pytest

from ants_async.wire import json


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


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"<html>", b"[" * 100_000], ids=str
)
def test_what_is_no_json_is_a_value_error(module, content):
    with pytest.raises(ValueError):
        module.loads(content)


def test_what_json_cannot_hold_is_a_value_error(module):
    with pytest.raises((ValueError, TypeError)):
        module.dumps({"a": object()})
