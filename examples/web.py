"""One text in a FastAPI handler: typed in, typed out, one client for the whole app.

`pip install fastapi uvicorn`, then with the environment of campaign.py `uvicorn --app-dir examples web:app`
"""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException

from ants_async import AntsClient, AntsError, OutcomeUnknown
from ants_async.web import client_of, lifespan

app = FastAPI(lifespan=lifespan())
Ants = Annotated[AntsClient, Depends(client_of)]


@app.post("/texts")
async def send_text(to: str, text: str, ants: Ants) -> dict[str, str | None]:
    try:
        receipt = await ants.sms.send(to, text, sender="ANTS")
    except OutcomeUnknown as error:  # it may have arrived: ants.sms.find(error) looks in the logs
        raise HTTPException(504, str(error)) from error
    except AntsError as error:
        raise HTTPException(502, str(error)) from error
    message = receipt.messages[0]
    return {"message_id": message.message_id, "status": message.status.name}
