"""The manual's operations are all there, each with its call, its command and its section."""

import inspect
from functools import reduce

import pytest

from ants_async import AntsClient, BasicAuth
from ants_async.endpoints import OPERATIONS


def test_there_are_26_and_no_two_are_the_same_request():
    assert len(OPERATIONS) == len({(one.method, one.path) for one in OPERATIONS.values()}) == 26


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_name_is_a_documented_method_of_a_client(name):
    async with AntsClient("http://localhost", BasicAuth("demo", "demo")) as client:
        method = reduce(getattr, name.split("."), client)
    assert inspect.iscoroutinefunction(method)
    section = OPERATIONS[name].manual
    assert f"anual section {section}" in " ".join(inspect.getdoc(method).split())
