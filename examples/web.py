"""One text in a FastAPI handler: typed in, typed out, one client for the whole app.

`pip install fastapi uvicorn`, then with the environment of campaign.py `uvicorn --app-dir examples web:app`
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

from ants_async import AntsClient, AntsError, OutcomeUnknown


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AntsClient.from_env() as app.state.ants:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/texts")
async def send_text(to: str, text: str) -> dict[str, str | None]:
    try:
        receipt = await app.state.ants.sms.send(to, text, sender="ANTS")
    except OutcomeUnknown as error:  # it may have arrived: client.sms.find(error) looks in the logs
        raise HTTPException(504, str(error)) from error
    except AntsError as error:
        raise HTTPException(502, str(error)) from error
    message = receipt.messages[0]
    return {"message_id": message.message_id, "status": message.status.name}
