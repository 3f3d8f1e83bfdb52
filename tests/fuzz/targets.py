"""What is fuzzed: functions that take any bytes and raise only where the package breaks a promise.

The first byte of an input chooses among operations, the rest is what a stranger sends.
"""

import contextlib
import functools
import importlib.util
import re
import sys
from unittest import mock

import attrs
from manual_examples import FILES, model_of

from ants_async.cli.reading import minutes, moment
from ants_async.endpoints import OPERATIONS, read, table
from ants_async.errors import ApiError, DecodeError, ValidationError
from ants_async.models.api_keys import ApiKey
from ants_async.models.limits import RateLimit, TimeSpan
from ants_async.models.numbers import parse_number
from ants_async.models.reports import Balance
from ants_async.models.sms import ReadyRequest, Receipts
from ants_async.models.statuses import Status
from ants_async.models.two_factor import Template as PinTemplate
from ants_async.text import analyze, check_text, count_parts
from ants_async.transport.clock import ServerClock
from ants_async.webhooks import Push, PushKey, parse_reports
from ants_async.wire import json
from ants_async.wire.converter import to_model, to_plain
from fuzz import lists, parquet_files
from fuzz.http import check_http
from fuzz.target import Breach, Target

JSON = {"content-type": "application/json"}
XML = {"content-type": "application/xml"}
ENDPOINTS = tuple(OPERATIONS.values())
STATUSES = (400, 401, 403, 404, 413, 429, 500, 503, 302, 999)


def chosen(data, options):
    """What the first byte stands for, and the rest."""
    return options[(data[0] if data else 0) % len(options)], bytes(data[1:])


# --- answers


def check_answer(headers, data):
    """A success is a model that can be written again, or an error that says where it is wrong."""
    endpoint, content = chosen(data, ENDPOINTS)
    try:
        model = read(endpoint, 200, headers, content)
    except DecodeError as error:
        if "$" not in str(error) and "cannot be read" not in str(error):
            raise Breach(f"names no path: {error}") from error
        if len(str(error)) > 10_000:
            raise Breach("an error longer than anybody reads") from error
        return
    to_model(json.loads(json.dumps(to_plain(model))), endpoint.answer)


TO = tuple(str(66800000000 + n) for n in range(3))
ASKED = ReadyRequest(json=b"", to=TO, ids=tuple(f"{n:032x}" for n in range(3)))
READY = attrs.evolve(table.SEND_ADVANCED, answer=Receipts)


def check_alike(data):
    """An answer that is compared with what was asked says what it says when it is read entry by entry."""
    read_as = []
    for asked in (ASKED, None):
        try:
            found = read(READY, 200, JSON, data, asked=asked)
            read_as.append(([*found.rows()], found.bulk_id))
        except DecodeError:
            read_as.append(None)
    if read_as[0] != read_as[1]:
        raise Breach("an answer that says another thing when it is compared")


def check_refusal(data):
    """A refusal is an error of its kind, whatever its body says, and a short one."""
    status, rest = chosen(data, STATUSES)
    headers, content = chosen(rest, (JSON, XML, {}))
    try:
        read(ENDPOINTS[0], status, headers, content)
    except ApiError as error:
        if error.status_code != status or len(error.code) > 100 or len(error.text) > 1000:
            raise Breach(f"{status} became {error}") from error
        return
    raise Breach(f"{status} was no refusal")


PUSH = Push("https://example.com/ants", PushKey("k1", b"s" * 32))
PUSHED_AS = ("application/json", "application/xml", "")


def check_push(data):
    """A pushed body holds reports, or cannot be read; whether they are authentic can always be told."""
    kind, content = chosen(data, PUSHED_AS)
    try:
        reports = parse_reports(kind, content)
    except DecodeError:
        return
    if any(PUSH.is_authentic(report) for report in reports):
        raise Breach("a forgery is taken for a report of ours")


# --- JSON, by either parser


@functools.cache
def plain_json():
    """The JSON module as it is where orjson is not installed."""
    spec = importlib.util.find_spec("ants_async.wire.json")
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {"orjson": None}):
        spec.loader.exec_module(module)
    return module


BEYOND_A_FLOAT = re.compile(rb"[0-9]{300}")  # the standard library alone reads whole numbers of any length


def check_json(data):
    """Both parsers agree on what JSON is, and refuse the rest with a ValueError."""
    verdicts = []
    for module in (json, plain_json()):
        try:
            module.loads(bytes(data))
        except ValueError:
            verdicts.append(False)
        else:
            verdicts.append(True)
    if verdicts[0] != verdicts[1] and not BEYOND_A_FLOAT.search(bytes(data)):
        raise Breach(f"orjson reads it: {verdicts[0]}; the standard library: {verdicts[1]}")


# --- values


def check_values(data):
    """Spans, limits, numbers, times: a value, or an error that names the field."""
    text = bytes(data).decode(errors="surrogateescape")
    for form in (TimeSpan, RateLimit, parse_number):
        with contextlib.suppress(ValidationError):
            form(text)
    for reader in (moment, minutes):
        with contextlib.suppress(ValidationError):
            reader("--option", text)
    status = {"groupId": text, "groupName": text, "id": text, "name": text}
    for plain, cls in (
        (status, Status),
        ({"balance": text, "currency": text}, Balance),
        ({"messageId": text, "speechRate": text, "pinLength": text}, PinTemplate),
        ({"key": "k", "validTo": text, "enabled": text}, ApiKey),
    ):
        with contextlib.suppress(DecodeError):
            to_plain(to_model(plain, cls))
    clock = ServerClock(lambda: 0.0)
    loop = mock.Mock(**{"time.return_value": 0.0})
    with mock.patch("ants_async.transport.clock.get_running_loop", return_value=loop):
        clock.note(text)
        clock()
    with contextlib.suppress(ApiError):
        read(ENDPOINTS[0], 429, {"retry-after": text}, b"")


# --- texts


LANGUAGES = (
    {},
    {"language_code": "TR", "single_shift": True},
    {"language_code": "HI", "locking_shift": True},
)


def check_text_counts(data):
    """Any text divides into parts that hold it."""
    language, content = chosen(data, LANGUAGES)
    text = content.decode("utf-8", "surrogateescape")
    found = analyze(text, **language)
    if found.parts != count_parts(text, **language) or found.parts < 1 or found.remaining < 0:
        raise Breach(f"{found} of {text!r}")
    plain = found.suggestion
    if plain is not None and analyze(plain, **language).encoding != "GSM7":
        raise Breach(f"{plain!r} is no plainer than {text!r}")
    with contextlib.suppress(ValidationError):
        check_text(text, **language)


# --- the seeds: the manual's examples


def _examples(suffix):
    """Bodies of answers with the operations they belong to."""
    for path in FILES:
        model = model_of(path.name)
        if path.suffix != suffix or ".response." not in path.name or model is None:
            continue
        for place, endpoint in enumerate(ENDPOINTS):
            if endpoint.answer == model:
                yield bytes([place]) + path.read_bytes()
                break


STATUS = b'{"groupId":1,"groupName":"PENDING","id":7,"name":"PENDING_ENROUTE","description":"Sent"}'
RECEIPTS = tuple(
    b'{"bulkId":"b","messages":[%b]}'
    % comma.join(
        form % {b"to": to.encode(), b"id": one.encode(), b"status": STATUS}
        for to, one in zip(TO, ASKED.ids, strict=True)
    )
    for comma in (b",", b" ,\n")
    for form in (
        b'{"to":"%(to)b","status":%(status)b,"smsCount":1,"messageId":"%(id)b"}',
        b'{"messageId": "%(id)b", "to": "%(to)b", "status": %(status)b}',
    )
)
REFUSALS = tuple(bytes([0, 0]) + path.read_bytes() for path in FILES if path.name.startswith("error_"))
REPORTS = tuple(bytes([0]) + path.read_bytes() for path in FILES if path.name.startswith("reports_"))
VALUES = (b"15m", b"3/1d", b"66847781470", b"2015-02-12T09:51:43.123+0100", b"-1.5e3", b"12345", b"true",
          b"Wed, 21 Oct 2015 07:28:00 GMT", b"120", b"HEXA")  # fmt: skip
TEXTS = tuple(
    bytes([n]) + text.encode() for n in range(3) for text in ("Hello^{}", "สวัสดี 👍", "ğ “é”", "क" * 80)
)

HTTP = tuple(
    bytes([send]) + head.encode() + b"\r\n" + body
    for send in (0, 1)
    for head, body in (
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n", b"{}"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
        ("HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\nSet-Cookie: a=b\r\n", b""),
        ("HTTP/1.1 429 No\r\nRetry-After: 1\r\nDate: Wed, 21 Oct 2015 07:28:00 GMT\r\n", b""),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n", b""),
    )
)

TARGETS = {
    "answers-json": Target(functools.partial(check_answer, JSON), tuple(_examples(".json")), 24),
    "answers-xml": Target(functools.partial(check_answer, XML), tuple(_examples(".xml")), 16),
    "answers-alike": Target(check_alike, RECEIPTS, 8),
    "refusals": Target(check_refusal, REFUSALS, 12),
    "pushes": Target(check_push, REPORTS, 12),
    "json": Target(check_json, tuple(seed[1:] for seed in REPORTS), 12),
    "values": Target(check_values, VALUES, 8),
    "http": Target(check_http, HTTP, 4, is_slow=True),
    "csv": Target(lists.check_csv, lists.CSV, 6),
    "jsonl": Target(lists.check_jsonl, lists.JSONL, 6),
    "gzip": Target(lists.check_gzip, lists.PACKED, 4, is_slow=True),
    "parquet": Target(lists.check_parquet, parquet_files.SEEDS, 4, is_slow=True),
    "suppression": Target(lists.check_suppression, lists.SUPPRESSED, 6),
    "text": Target(check_text_counts, TEXTS, 6),
}
