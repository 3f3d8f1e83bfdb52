"""Campaigns over HTTP: any number of these beside any number of workers, over one database.

`pip install fastapi uvicorn`; `ANTS_DATABASE=postgresql://… uvicorn --app-dir examples/scaleout service:app`
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from ants_async import Campaign, CampaignSummary, DispatchError, Recipient, ValidationError
from ants_async.scaleout import ScaleOut


class Person(BaseModel):
    """One who gets the text; what is more than `to` are its fields."""

    model_config = ConfigDict(extra="allow")
    to: str


class Order(BaseModel):
    """Who is to get what; `text` may have placeholders such as {name}."""

    id: str
    text: str
    sender: str
    recipients: list[Person]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with ScaleOut(os.environ["ANTS_DATABASE"]) as app.state.scaleout:
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(ValidationError)
async def bad_input(_: object, error: ValidationError) -> None:
    raise HTTPException(422, str(error)) from error


@app.exception_handler(DispatchError)
async def not_possible(_: object, error: DispatchError) -> None:
    raise HTTPException(409, str(error)) from error


def counts(summary: CampaignSummary) -> dict[str, Any]:
    return {
        "state": summary.state,
        "reason": summary.reason,
        "total": summary.total,
        "unsent": summary.planned,
        "accepted": summary.accepted,
        "rejected": summary.rejected,
        "final": dict(summary.by_group),
        "unresolved": summary.unresolved,
    }


@app.post("/campaigns", status_code=202)
async def submit(order: Order) -> dict[str, Any]:
    """Sent by the workers while this answers. Submitted again it goes on: nobody is texted twice."""
    campaign = Campaign(order.id, text=order.text, sender=order.sender)
    # All of them at once: a bad number refuses the order as a whole, before anybody is texted.
    people = [Recipient(one.to, fields=one.model_extra or {}) for one in order.recipients]
    submitted = await app.state.scaleout.submit(campaign, people)
    return counts(await submitted.summary())


@app.get("/campaigns/{campaign_id}")
async def status(campaign_id: str) -> dict[str, Any]:
    return counts(await app.state.scaleout.campaign(campaign_id).summary())


@app.post("/campaigns/{campaign_id}/{action}")
async def control(campaign_id: str, action: str) -> dict[str, Any]:
    campaign = app.state.scaleout.campaign(campaign_id)
    actions = {"pause": campaign.pause, "resume": campaign.resume, "cancel": campaign.cancel}
    if action not in actions:
        raise HTTPException(404)
    await actions[action]()
    return counts(await campaign.summary())


@app.get("/campaigns/{campaign_id}/outcomes")
async def outcomes(campaign_id: str, after: Annotated[str | None, Query()] = None) -> StreamingResponse:
    """A line each, as they come, until the campaign ends; `after`: the cursor of the last line one has."""
    campaign = app.state.scaleout.campaign(campaign_id)
    await campaign.key()  # it has to be there before the answer begins
    stream = campaign.outcomes(after=after)

    async def lines() -> AsyncIterator[str]:
        async for outcome in stream:
            one = {"to": outcome.to, "kind": outcome.kind, "cursor": str(stream.cursor)}
            yield json.dumps(one | {"status": outcome.status and outcome.status.name}) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
