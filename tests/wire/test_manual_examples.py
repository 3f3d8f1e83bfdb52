"""Every example of the manual is a model, and every request is made again from its model."""

import json

import pytest
import xmltodict
from manual_examples import FILES, model_of

from ants_async.endpoints import read
from ants_async.endpoints.table import BALANCE
from ants_async.errors import ApiError
from ants_async.wire import json as wire_json
from ants_async.wire import xml
from ants_async.wire.converter import to_model, to_plain


def load(path):
    content = path.read_bytes()
    return xml.loads(content) if path.suffix == ".xml" else wire_json.loads(content)


def named(files):
    return pytest.mark.parametrize("path", files, ids=lambda path: path.name)


MODELS = [path for path in FILES if model_of(path.name) is not None]
REQUESTS = [path for path in MODELS if ".request." in path.name]
REFUSALS = [path for path in FILES if model_of(path.name) is None]


def test_there_are_62():
    assert len(FILES) == 62


@named(MODELS)
def test_an_example_is_a_model_with_nothing_left_over(path):
    data = load(path)
    model = to_model(data, model_of(path.name))
    assert model
    if "template_create.response" in path.name:  # the manual prints an application's fields there
        assert set(model.extra) == {"name", "configuration", "enabled", "processId"}
    else:
        for one in model if isinstance(model, tuple) else (model,):
            assert not getattr(one, "extra", None)


@named([path for path in MODELS if ".request." not in path.name and path.suffix == ".json"])
def test_an_answer_comes_back_from_its_model(path):
    model = to_model(load(path), model_of(path.name))
    assert to_model(to_plain(model), model_of(path.name)) == model


@named([path for path in REQUESTS if path.suffix == ".json"])
def test_a_json_request_is_made_again_from_its_model(path):
    model = to_model(load(path), model_of(path.name))
    assert json.loads(wire_json.dumps(to_plain(model))) == json.loads(path.read_bytes())


@named([path for path in REQUESTS if path.suffix == ".xml"])
def test_an_xml_request_is_made_again_from_its_model(path):
    model = to_model(load(path), model_of(path.name))
    assert xmltodict.parse(xml.dumps(to_plain(model), "request")) == xmltodict.parse(path.read_bytes())


@named(REFUSALS)
def test_a_refusal_is_an_error_with_its_code_and_words(path):
    body = json.loads(path.read_bytes())["requestError"]["serviceException"]
    status = int(path.name.split("_")[1])
    with pytest.raises(ApiError) as caught:
        read(BALANCE, status, {"content-type": "application/json"}, path.read_bytes())
    assert (caught.value.status_code, caught.value.code, caught.value.text) == (
        status,
        body["messageId"],
        body["text"],
    )
