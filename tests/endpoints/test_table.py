"""The manual's operations are all there, each with its call, its command and its section."""

import inspect
import re
from collections import Counter
from functools import reduce

import click
import pytest

from ants_async import AntsClient, BasicAuth
from ants_async.cli.root import cli
from ants_async.endpoints import OPERATIONS, Repeat


def test_there_are_26_and_no_two_are_the_same_request():
    assert len(OPERATIONS) == len({(one.method, one.path) for one in OPERATIONS.values()}) == 26


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_name_is_a_documented_method_of_a_client(name):
    async with AntsClient("http://localhost", BasicAuth("demo", "demo")) as client:
        method = reduce(getattr, name.split("."), client)
    assert inspect.iscoroutinefunction(method)
    section = OPERATIONS[name].manual
    words = " ".join(inspect.getdoc(method).split())
    assert re.search(rf"Manual section {re.escape(section)}(?![.]?\d)", words)


@pytest.mark.parametrize("endpoint", OPERATIONS.values(), ids=OPERATIONS)
def test_it_has_a_command_with_the_options_that_choose_it(endpoint):
    words = [word for word in endpoint.command.split() if not word.startswith("--")]
    options = {word for word in endpoint.command.split() if word.startswith("--")}
    command = reduce(lambda group, word: group.get_command(click.Context(group), word), words, cli)
    assert options <= {name for parameter in command.params for name in parameter.opts}
    assert isinstance(command, click.Command) and not isinstance(command, click.Group)  # noqa: PT018


def test_no_two_have_the_same_command_but_those_whose_file_decides():
    commands = Counter(endpoint.command for endpoint in OPERATIONS.values())
    assert {command for command, count in commands.items() if count > 1} == {"send --messages"}


@pytest.mark.parametrize("endpoint", OPERATIONS.values(), ids=OPERATIONS)
def test_it_is_as_repeatable_limited_and_guarded_as_the_design_says(endpoint):
    is_pin = endpoint.path.startswith("/2fa/1/pin")
    harmful = endpoint.path == "/sms/1/reports" or (
        endpoint.method == "POST" and "preview" not in endpoint.path
    )
    assert endpoint.repeat is (Repeat.HARMFUL if harmful else Repeat.HARMLESS)
    assert endpoint.is_quota is is_pin
    assert endpoint.needs_password is endpoint.path.startswith("/settings/")
    assert endpoint.has_xml is endpoint.path.startswith(("/sms/", "/account/"))
    assert (endpoint.body is None) is (endpoint.method == "GET" or "/resend" in endpoint.path)
