"""What pages take for granted when they show a part of a program, as real things; and how it is run."""

import ast
import builtins
import dis
import inspect
import os
import secrets
from contextlib import asynccontextmanager, chdir, contextmanager
from pathlib import Path
from types import CodeType, SimpleNamespace
from unittest.mock import patch

import pages
from engine_world import people

import ants_async
from ants_async import (
    AntsClient,
    ApplicationRequest,
    Campaign,
    Dispatcher,
    PinType,
    SqliteLedger,
    TemplateRequest,
    TrackingRules,
)
from ants_async.testing import simulator_at_work

NUMBER = "66847781470"
SOON = TrackingRules(first=0.01)  # seconds: reports are ready at once


@contextmanager
def _simulated(folder):
    """An account at a simulator, as the environment says; files are in this folder."""
    with simulator_at_work() as simulator, chdir(folder), patch.dict(os.environ):
        for name in [one for one in os.environ if one.startswith("ANTS_")]:
            del os.environ[name]
        os.environ |= {"ANTS_BASE_URL": simulator.base_url, "ANTS_API_KEY": simulator.api_key.public_key}
        yield


@asynccontextmanager
async def taken_for_granted(folder):
    """By their names; those of `ants_async` itself, too, which fragments need not import."""
    names = {name: getattr(ants_async, name) for name in ants_async.__all__}
    with _simulated(folder):
        async with AntsClient.from_env() as client, SqliteLedger("ledger.db") as ledger:
            dispatcher = Dispatcher(client, ledger, tracking=SOON)
            names |= {"client": client, "ledger": ledger, "dispatcher": dispatcher}
            names |= _of_the_reader() | await _of_the_account(client)
            try:
                yield names
            finally:
                for one in names.values():
                    if isinstance(one, AntsClient) and one is not client:  # a fragment leaves its own open
                        await one.__aexit__(None, None, None)


def _of_the_reader():
    """What a reader's own program has."""
    Path("stop.txt").write_text("66847781479\n", encoding="utf-8")

    async def store(reports):
        pass

    return {
        "campaign": Campaign("songkran", text="สวัสดี {name}", sender="ANTS"),
        "people": people(60),  # of whom one is not reached
        "recipients": people(3),
        "number": NUMBER,
        "typed": "0000",
        "secret": secrets.token_bytes(32),
        "store": store,
        "database": SimpleNamespace(save_all=store),
        "timings": [],
        "counts": [],
    }


async def _of_the_account(client):
    """What was made there, and sent, before."""
    pins = client.two_factor
    application = await pins.applications.create(ApplicationRequest(name="login"))
    template = await pins.templates.create(
        application.application_id,
        TemplateRequest(
            message_text="Your PIN is {{pin}}",
            pin_placeholder="{{pin}}",
            pin_type=PinType.NUMERIC,
            pin_length=4,
        ),
    )
    return {
        "app_id": application.application_id,
        "template_id": template.message_id,
        "receipt": await client.sms.send(NUMBER, "Your parcel is here", sender="ANTS"),
    }


async def run(block, names):
    """Run it among these names, as if it stood at the left margin of an async function.

    What went wrong is shown with its line of the page. Raises what the block raises, and `NameError` for what
    its functions would not find, whether anybody calls them or not.
    """
    code = compile(
        "\n" * (block.line - 1) + block.code,
        pages.PROJECT / block.page,
        "exec",
        ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        dont_inherit=True,
    )
    waiting = eval(code, names)  # noqa: S307 - a page of ours
    if inspect.iscoroutine(waiting):
        await waiting
    for name in _asked_for(code):
        if name not in names and not hasattr(builtins, name):
            raise NameError(f"{block}: nobody has said what {name!r} is")


def _asked_for(code):
    """The names that functions look for outside."""
    for inner in (one for one in code.co_consts if isinstance(one, CodeType)):
        yield from (one.argval for one in dis.get_instructions(inner) if one.opname == "LOAD_GLOBAL")
        yield from _asked_for(inner)
