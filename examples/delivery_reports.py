"""A campaign whose delivery reports are pushed to a web app, without an account: the simulator pushes them.

`python examples/delivery_reports.py` (with the extras `simulator` and `cli` installed)
"""

import asyncio
import secrets
import socket
from collections import Counter

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, MemoryLedger, Recipient
from ants_async.simulator import SimulatorConfig, running
from ants_async.webhooks import Push, PushKey, report_receiver

CAMPAIGN = Campaign("songkran", text="สวัสดี {name}", sender="ANTS")


async def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # In earnest the key comes from your secret store, and the URL is the https address of this app.
        push = Push(
            f"http://127.0.0.1:{listener.getsockname()[1]}/ants", PushKey("k1", secrets.token_bytes(32))
        )
        async with (
            running(SimulatorConfig()) as base_url,
            AntsClient(base_url, BasicAuth("demo", "demo")) as client,
            MemoryLedger() as ledger,
        ):
            dispatcher = Dispatcher(client, ledger, push=push)
            app = Starlette(routes=[Mount("/ants", report_receiver(push, dispatcher.receive))])
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
            serving = asyncio.create_task(server.serve([listener]))
            people = (Recipient(str(66810000000 + n), fields={"name": f"#{n}"}) for n in range(100))
            outcomes = dispatcher.run(CAMPAIGN, people)
            print(Counter([outcome.kind.value async for outcome in outcomes]))
            server.should_exit = True
            await serving


asyncio.run(main())
