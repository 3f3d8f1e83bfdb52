"""A login with a PIN by SMS: type the number, get the PIN, type the PIN.

    pip install 'ants-async[all]' 'fastapi[standard]'
    ants-async simulate --port 8080                              # in another terminal
    export ANTS_BASE_URL=http://127.0.0.1:8080 ANTS_API_KEY=demo-key
    uvicorn --app-dir examples/otp login:app

Then http://127.0.0.1:8000 has the page; it links to the texts that the simulator "sent". With an account,
OTP_APPLICATION_ID and OTP_MESSAGE_ID say by which application and template PINs are sent.

A PIN goes to every number, and the answer is the same for all: whether there is an account is told only to
who holds the phone. What is left to you: a database in place of `Sessions` and `known`, https.
"""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from pins import Pins
from safety import HEADERS, is_from_elsewhere
from sessions import LIFETIME, Session, Sessions
from words import WORDS, language_of, waiting

from ants_async import AntsClient, AntsError, OutcomeUnknown, PinError, PinLimitReached, ValidationError

HERE = Path(__file__).parent
RESEND_AFTER = 30  # seconds: a text takes a moment, and who is impatient would get two
templates = Jinja2Templates(HERE)
router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AntsClient.from_env() as client:
        app.state.pins = await Pins.of(client)
        yield


def create_app(clock: Callable[[], float] = time.monotonic) -> FastAPI:
    """The service. `clock`: seconds, for what expires here; PINs expire at the API."""
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.clock = clock
    app.state.sessions = Sessions(clock)
    app.state.known = set()  # numbers that have an account
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.include_router(router)
    app.middleware("http")(guard)
    app.add_exception_handler(AntsError, not_possible)
    return app


async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Forms of our own pages alone."""
    refused = request.method == "POST" and is_from_elsewhere(request)
    response = Response(status_code=403) if refused else await call_next(request)
    response.headers.update(HEADERS)
    return response


async def not_possible(request: Request, error: Exception) -> Response:
    """What the API, or a limit, did not let us do."""
    said = words(request)
    if isinstance(error, PinLimitReached):
        message = said["limit"] if error.retry_after else said["limit_unknown"]
        return show(request, message, wait=error.retry_after, status=429)
    if isinstance(error, ValidationError):
        return show(request, said["bad_number"], status=422)
    if isinstance(error, OutcomeUnknown):  # a PIN may be on its way: no second one by ourselves
        return show(request, said["unchecked" if request.url.path == "/pin" else "unclear"], status=504)
    return show(request, said["trouble"], status=502)


def session_of(request: Request) -> Session | None:
    found: Session | None = request.app.state.sessions.get(request)
    return found


def words(request: Request) -> dict[str, str]:
    return WORDS[language_of(request)]


def show(request: Request, message: str = "", *, wait: float | None = None, status: int = 200) -> Response:
    """The page for where this browser is; `wait`: the seconds until it may try again."""
    session = session_of(request)
    language = language_of(request)
    context = {
        "words": WORDS[language],
        "language": language,
        "session": session,
        "typed": getattr(request.state, "typed", ""),
        "message": message.format(wait=waiting(language, wait)),
        "wait": {request.url.path: math.ceil(wait or 0)},  # for the button that was pressed
        "resend_in": math.ceil(resend_in(request, session)) if session else 0,
        "simulator": request.app.state.pins.simulator,
    }
    headers = {"Retry-After": str(math.ceil(wait))} if wait else None
    return templates.TemplateResponse(request, "login.html", context, status, headers)


def resend_in(request: Request, session: Session) -> float:
    seconds: float = session.sent_at + RESEND_AFTER - request.app.state.clock()
    return seconds


def home() -> Response:
    """After a form that went well: a reload of the page then sends nothing again."""
    return RedirectResponse("/", 303)


def home_with(request: Request, session: Session) -> Response:
    """A session under a new name each time: nobody can have planted it before."""
    response = home()
    name = request.app.state.sessions.renew(request, session)
    secure = request.url.scheme == "https"
    response.set_cookie("session", name, max_age=LIFETIME, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/")
async def page(request: Request) -> Response:
    return show(request)


@router.post("/number")
async def send(request: Request, to: Annotated[str, Form()] = "") -> Response:
    request.state.typed = to
    address = request.client.host if request.client else ""
    number, pin_id = await request.app.state.pins.send(to, address)
    return home_with(request, Session(number, pin_id, sent_at=request.app.state.clock()))


@router.post("/again")
async def send_again(request: Request) -> Response:
    session = session_of(request)
    if session is None or session.verified:
        return home()
    wait = resend_in(request, session)
    if wait > 0:
        return show(request, words(request)["too_soon"], wait=wait, status=429)
    session.sent_at = request.app.state.clock()  # before it is sent: two clicks at once are one text
    session.pin_id = await request.app.state.pins.send_again(session.to, session.pin_id)
    return home()


@router.post("/pin")
async def check(request: Request, pin: Annotated[str, Form()] = "") -> Response:
    session, said, pins = session_of(request), words(request), request.app.state.pins
    if session is None or session.verified:
        return show(request, said["begin_again"], status=409)
    typed = pins.readable(pin)
    if session.pin_id is None or typed is None:  # what is no PIN uses up no try
        return show(request, said["no_pin" if session.pin_id else "expired"], status=422)
    request.state.typed = typed
    result = await pins.check(session.pin_id, typed)
    request.state.typed = ""  # from here on, it is of no use
    if result.verified:
        return welcome(request, session)
    if result.pin_error == PinError.WRONG_PIN and result.attempts_remaining:
        return show(request, said["wrong"].format(tries=result.attempts_remaining), status=422)
    session.pin_id = None  # it is worth nothing any more
    return show(
        request, said["expired" if result.pin_error == PinError.TTL_EXPIRED else "used_up"], status=422
    )


def welcome(request: Request, session: Session) -> Response:
    """Here it is told, for the first time, whether there was an account."""
    known = request.app.state.known
    word = "welcome_back" if session.to in known else "welcome"
    known.add(session.to)
    return home_with(request, Session(session.to, None, session.sent_at, verified=True, word=word))


@router.post("/logout")
async def leave(request: Request) -> Response:
    """Also for who mistyped the number."""
    request.app.state.sessions.drop(request)
    response = home()
    response.delete_cookie("session")
    return response


@router.get("/language/{language}")
async def speak(language: str) -> Response:
    response = home()
    if language in WORDS:
        response.set_cookie("language", language, max_age=31_536_000, samesite="lax")
    return response


app = create_app()
