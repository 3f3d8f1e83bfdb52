"""The web service of `load_web`: a text for each request, by ours, by plain httpx, or none at all."""

import os
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from ants_async import AntsClient, BasicAuth
from benchmarks._lib.box import CREDENTIALS, SENDER


@asynccontextmanager
async def lifespan(app):
    address = os.environ["BENCH_STUB"]
    async with (
        AntsClient(address, BasicAuth(*CREDENTIALS), rate=None) as app.state.ants,
        httpx.AsyncClient(base_url=address, auth=CREDENTIALS, timeout=60) as app.state.http,
    ):
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/ants")
async def by_ants(to: str, text: str) -> dict[str, str | None]:
    receipt = await app.state.ants.sms.send(to, text, sender=SENDER)
    message = receipt.messages[0]
    return {"message_id": message.message_id, "status": message.status.name}


@app.post("/httpx")
async def by_httpx(to: str, text: str) -> dict[str, str | None]:
    answer = await app.state.http.post("/sms/1/text/single", json={"from": SENDER, "to": [to], "text": text})
    message = answer.raise_for_status().json()["messages"][0]
    return {"message_id": message["messageId"], "status": message["status"]["name"]}


@app.post("/nothing")
async def nothing(to: str, text: str) -> dict[str, str | None]:  # noqa: ARG001 - as the others
    return {"message_id": "", "status": "PENDING_ENROUTE"}
