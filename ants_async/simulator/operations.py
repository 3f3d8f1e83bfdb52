"""What each operation of the endpoint table does: `name → function of the call`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import attrs

from ants_async.errors import ValidationError
from ants_async.simulator import requests as read
from ants_async.simulator.api_keys import ApiKeys
from ants_async.simulator.reading import Fields, bad
from ants_async.simulator.state import Account, Submission
from ants_async.simulator.two_factor import TwoFactor
from ants_async.text import analyze


@attrs.frozen(slots=True)
class Services:
    """One account's parts."""

    account: Account
    two_factor: TwoFactor
    api_keys: ApiKeys


@attrs.frozen(slots=True)
class Call:
    """A request that passed the door. `path`: the ids in it; `body`: None for a GET."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any


Operation = Callable[[Services, Call], Any]
_Reader = Callable[..., tuple[str | None, list[Submission]]]


def _send(services: Services, call: Call, *, reader: _Reader, binary: bool) -> Any:
    return services.account.submit(*reader(call.body, binary=binary))


def _sending(reader: _Reader, *, binary: bool = False) -> Operation:
    return partial(_send, reader=reader, binary=binary)


def _reports(services: Services, call: Call) -> Any:
    ids = read.message_ids(call.query)
    taken = services.account.take_reports(
        call.query.get("bulkId"), None if ids is None else set(ids), read.limit(call.query)
    )
    return {"results": taken}


def _logs(services: Services, call: Call) -> Any:
    return {"results": services.account.search(read.log_query(call.query))}


def _preview(_: Services, call: Call) -> Any:
    fields = Fields(call.body)
    text, code = fields.needed("text"), fields.text("languageCode")
    transliteration = fields.text("transliteration")
    try:
        found = analyze(text, language_code=code, single_shift=code is not None)
    except ValidationError as error:
        raise bad("languageCode", error.rule) from None
    configuration: dict[str, Any] = {"language": {"languageCode": code, "singleShift": True}} if code else {}
    if transliteration:
        configuration["transliteration"] = transliteration
    preview = {
        "textPreview": text,
        "messageCount": found.parts,
        "charactersRemaining": found.remaining,
        "configuration": configuration,
    }
    return {"originalText": text, "previews": [preview]}


def _balance(services: Services, _: Call) -> Any:
    return {"balance": float(services.account.balance), "currency": services.account.config.currency}


_APPLICATION, _TEMPLATE, _PIN, _ACCOUNT, _KEY = "application_id", "message_id", "pin_id", "account_key", "key"

OPERATIONS: Final[Mapping[str, Operation]] = {
    "sms.send": _sending(read.single),
    "sms.send_multi": _sending(read.multi),
    "sms.send_advanced": _sending(read.advanced),
    "sms.send_binary": _sending(read.single, binary=True),
    "sms.send_binary_multi": _sending(read.multi, binary=True),
    "sms.send_binary_advanced": _sending(read.advanced, binary=True),
    "reports.fetch": _reports,
    "logs.search": _logs,
    "sms.preview": _preview,
    "account.balance": _balance,
    "two_factor.applications.create": lambda at, call: at.two_factor.create_application(call.body),
    "two_factor.applications.list": lambda at, _: at.two_factor.list_applications(),
    "two_factor.applications.get": lambda at, call: at.two_factor.get_application(call.path[_APPLICATION]),
    "two_factor.applications.update": lambda at, call: at.two_factor.update_application(
        call.path[_APPLICATION], call.body
    ),
    "two_factor.templates.create": lambda at, call: at.two_factor.create_template(
        call.path[_APPLICATION], call.body
    ),
    "two_factor.templates.list": lambda at, call: at.two_factor.list_templates(call.path[_APPLICATION]),
    "two_factor.templates.get": lambda at, call: at.two_factor.get_template(
        call.path[_APPLICATION], call.path[_TEMPLATE]
    ),
    "two_factor.templates.update": lambda at, call: at.two_factor.update_template(
        call.path[_APPLICATION], call.path[_TEMPLATE], call.body
    ),
    "two_factor.send_pin": lambda at, call: at.two_factor.send_pin(call.body, call.query),
    "two_factor.resend_pin": lambda at, call: at.two_factor.resend_pin(call.path[_PIN]),
    "two_factor.resend_pin_voice": lambda at, call: at.two_factor.resend_pin_voice(call.path[_PIN]),
    "two_factor.verify_pin": lambda at, call: at.two_factor.verify_pin(call.path[_PIN], call.body),
    "api_keys.create": lambda at, call: at.api_keys.create(call.path[_ACCOUNT], call.body),
    "api_keys.list": lambda at, call: at.api_keys.list(call.path[_ACCOUNT], call.query),
    "api_keys.get": lambda at, call: at.api_keys.get(call.path[_ACCOUNT], call.path[_KEY]),
    "api_keys.update": lambda at, call: at.api_keys.update(call.path[_ACCOUNT], call.path[_KEY], call.body),
}
