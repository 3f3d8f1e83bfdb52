"""Applications, templates and PINs (manual section 6.3)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit, TimeSpan
from ants_async.models.two_factor import DEFAULT_CONFIGURATION, PinConfiguration, VoiceLanguage
from ants_async.simulator.messages import Submission
from ants_async.simulator.reading import Fields, Refusal, bad
from ants_async.simulator.state import Account
from ants_async.simulator.windows import Windows
from ants_async.text import count_parts
from ants_async.wire.converter import to_plain

_UNITS: Final = "Time units can be: ms, s, m, h, d"
_TIME_RULE: Final = f'Time format should be "{{timeLength}}{{timeUnit}}". {_UNITS}'
_LIMIT_RULE: Final = f'Limit format should be "{{attempts}}/{{timeLength}}{{timeUnit}}". {_UNITS}'
_ALPHABETS: Final = {
    "NUMERIC": "0123456789",
    "ALPHA": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALPHANUMERIC": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "HEX": "0123456789ABCDEF",
}
_LANGUAGES: Final = frozenset(VoiceLanguage)
_UNIT_MS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def _throttled() -> Refusal:
    return Refusal(429, "THROTTLE_EXCEPTION", "Too many requests. Try again later.")


def _not_found(code: str, what: str) -> Refusal:
    return Refusal(404, code, f"{what} with given id cannot be found.")


@attrs.define(slots=True, eq=False)
class _Application:
    body: dict[str, Any]
    rules: PinConfiguration
    templates: dict[str, dict[str, Any]] = attrs.field(factory=dict)


@attrs.define(slots=True, eq=False)
class _Pin:
    """A PIN that was sent; `attempts` are left."""

    application: _Application
    template: dict[str, Any]
    to: str
    sender: str | None
    pin: str
    expires_at: float
    attempts: int
    verified: bool = False


class TwoFactor:
    """The account's applications and the PINs on their way."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self._account = account
        self._clock = clock
        self._applications: dict[str, _Application] = {}
        self._pins: dict[str, _Pin] = {}
        self._windows = Windows(clock)

    # applications

    def create_application(self, body: Any) -> dict[str, Any]:
        """POST /2fa/2/applications."""
        return self._put_application(self._account.new_key(), Fields(body))

    def list_applications(self) -> list[dict[str, Any]]:
        """GET /2fa/2/applications: a bare array."""
        return [application.body for application in self._applications.values()]

    def get_application(self, application_id: str) -> dict[str, Any]:
        """GET /2fa/2/applications/{applicationId}."""
        return self._application(application_id).body

    def update_application(self, application_id: str, body: Any) -> dict[str, Any]:
        """PUT /2fa/2/applications/{applicationId}."""
        self._application(application_id)
        return self._put_application(application_id, Fields(body))

    def _put_application(self, application_id: str, fields: Fields) -> dict[str, Any]:
        name = fields.needed("name")
        rules = _configuration(fields.inner("configuration"))
        enabled = fields.flag("enabled")
        known = self._applications.get(application_id)
        body = {
            "applicationId": application_id,
            "name": name,
            "configuration": to_plain(rules),
            "enabled": True if enabled is None else enabled,
            "processId": fields.text("processId")
            or (known.body["processId"] if known else self._account.new_key()),
        }
        if known:
            known.body, known.rules = body, rules
        else:
            self._applications[application_id] = _Application(body, rules)
        return body

    def _application(self, application_id: str) -> _Application:
        if application_id not in self._applications:
            raise _not_found("APPLICATION_NOT_FOUND", "Application")
        return self._applications[application_id]

    # templates

    def create_template(self, application_id: str, body: Any) -> dict[str, Any]:
        """POST …/messages."""
        return self._put_template(application_id, self._account.new_key(), Fields(body))

    def list_templates(self, application_id: str) -> list[dict[str, Any]]:
        """GET …/messages: a bare array."""
        return list(self._application(application_id).templates.values())

    def get_template(self, application_id: str, message_id: str) -> dict[str, Any]:
        """GET …/messages/{messageId}."""
        templates = self._application(application_id).templates
        if message_id not in templates:
            raise _not_found("MESSAGE_NOT_FOUND", "Message")
        return templates[message_id]

    def update_template(self, application_id: str, message_id: str, body: Any) -> dict[str, Any]:
        """PUT …/messages/{messageId}."""
        self.get_template(application_id, message_id)
        return self._put_template(application_id, message_id, Fields(body))

    def _put_template(self, application_id: str, message_id: str, fields: Fields) -> dict[str, Any]:
        templates = self._application(application_id).templates
        template: dict[str, Any] = {
            "messageId": message_id,
            "applicationId": application_id,
            "pinPlaceholder": fields.needed("pinPlaceholder"),
            "messageText": fields.needed("messageText"),
            "pinLength": fields.whole("pinLength", 1, 100) or 4,
            "pinType": fields.needed("pinType"),
            "senderId": fields.sender("senderId"),
            "language": fields.text("language"),
            "repeatDTMF": fields.text("repeatDTMF"),
            "speechRate": fields.number("speechRate", 0.5, 2),
        }
        if not template["pinPlaceholder"] or template["pinPlaceholder"] not in template["messageText"]:
            raise bad("messageText", "must contain pinPlaceholder")
        if template["pinType"] not in _ALPHABETS:
            raise bad("pinType", f"must be one of {', '.join(_ALPHABETS)}")
        if template["language"] not in {None, *_LANGUAGES}:
            raise bad("language", f"must be one of {', '.join(sorted(_LANGUAGES))}")
        templates[message_id] = {name: value for name, value in template.items() if value is not None}
        return templates[message_id]

    # PINs

    def send_pin(self, body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        """POST /2fa/1/pin."""
        fields = Fields(body)
        application_id, to = fields.needed("applicationId"), fields.needed("to")
        application = self._application(application_id)
        template = self.get_template(application_id, fields.needed("messageId"))
        sender = fields.sender("from") or template.get("senderId")
        if not (to.isascii() and to.isdigit() and 8 <= len(to) <= 15):  # noqa: PLR2004
            raise bad("to", "must be an international number")
        if not application.body["enabled"]:
            raise Refusal(400, "INVALID_ARGUMENT", "Invalid argument")
        attempts = application.rules.pin_attempts or 1
        pin = _Pin(application, template, to, sender, self._draw(template), 0.0, attempts)
        pin_id = self._account.new_key()
        answer = self._send(pin_id, pin, lookup=query.get("ncNeeded", "true") != "false")
        self._pins[pin_id] = pin
        return answer

    def resend_pin(self, pin_id: str) -> dict[str, Any]:
        """POST /2fa/1/pin/{pinId}/resend: the same PIN, with its time to live anew."""
        return self._send(pin_id, self._pin(pin_id), lookup=False)

    def resend_pin_voice(self, pin_id: str) -> dict[str, Any]:
        """POST /2fa/1/pin/{pinId}/resend/voice: nothing rings here."""
        pin = self._pin(pin_id)
        self._count_send(pin)
        self._renew(pin)
        return {"pinId": pin_id, "to": pin.to, "callStatus": "PROCESSING"}

    def verify_pin(self, pin_id: str, body: Any) -> dict[str, Any]:
        """POST /2fa/1/pin/{pinId}/verify."""
        given = Fields(body).needed("pin")
        pin = self._pin(pin_id)
        limit = _known(pin.application.rules.verify_pin_limit)
        key = ("verify", pin.application.body["applicationId"], pin.to)
        if not self._windows.has_room(key, limit):
            raise _throttled()
        self._windows.use(key)
        error = self._judge(pin, given)
        answer = {
            "pinId": pin_id,
            "msisdn": pin.to,
            "verified": error is None,
            "attemptsRemaining": 0 if error is None else pin.attempts,
        }
        return answer if error is None else {**answer, "pinError": error}

    def _judge(self, pin: _Pin, given: str) -> str | None:
        again = pin.verified and not pin.application.rules.allow_multiple_pin_verifications
        if pin.attempts <= 0 or again:
            return "NO_MORE_PIN_ATTEMPTS"
        if self._clock() > pin.expires_at:
            return "TTL_EXPIRED"
        if given != pin.pin:
            pin.attempts -= 1
            return "WRONG_PIN"
        pin.verified = True
        return None

    def _send(self, pin_id: str, pin: _Pin, *, lookup: bool) -> dict[str, Any]:
        self._count_send(pin)
        reachable = pin.to not in self._account.config.unreachable
        status = "NC_NOT_CONFIGURED" if not lookup else "NC_DESTINATION_REACHABLE"
        if lookup and not reachable:
            status = "NC_DESTINATION_NOT_REACHABLE"
        self._renew(pin)
        sent = False
        if reachable or not lookup:
            text = pin.template["messageText"].replace(pin.template["pinPlaceholder"], pin.pin)
            one = Submission(to=pin.to, text=text, parts=count_parts(text), sender=pin.sender)
            (entry,) = self._account.submit(None, [one])["messages"]
            sent = entry["status"]["groupName"] == "PENDING"
        return {
            "pinId": pin_id,
            "to": pin.to,
            "ncStatus": status,
            "smsStatus": "MESSAGE_SENT" if sent else "MESSAGE_NOT_SENT",
        }

    def _count_send(self, pin: _Pin) -> None:
        rules, application = pin.application.rules, pin.application.body["applicationId"]
        uses = (
            (("application", application), _known(rules.send_pin_per_application_limit)),
            (("number", application, pin.to), _known(rules.send_pin_per_phone_number_limit)),
        )
        if not all(self._windows.has_room(key, limit) for key, limit in uses):
            raise _throttled()
        for key, _ in uses:
            self._windows.use(key)

    def _renew(self, pin: _Pin) -> None:
        lives = pin.application.rules.pin_time_to_live or TimeSpan("15m")
        pin.expires_at = self._clock() + lives.seconds

    def _pin(self, pin_id: str) -> _Pin:
        if pin_id not in self._pins:
            raise _not_found("PIN_NOT_FOUND", "Pin")
        return self._pins[pin_id]

    def _draw(self, template: dict[str, Any]) -> str:
        return "".join(self._account.rng.choices(_ALPHABETS[template["pinType"]], k=template["pinLength"]))


def _known(limit: RateLimit | None) -> RateLimit:
    return limit or RateLimit("10000/1d")


def _configuration(fields: Fields | None) -> PinConfiguration:
    """The rules, with the manual's defaults; spans are answered normalised, `120m` as `2h`."""
    if fields is None:
        return DEFAULT_CONFIGURATION
    given: dict[str, Any] = {
        "pin_attempts": fields.whole("pinAttempts", 1, 1_000_000),
        "allow_multiple_pin_verifications": fields.flag("allowMultiplePinVerifications"),
    }
    for name, field, kind, rule in (
        ("pin_time_to_live", "pinTimeToLive", _normal_span, _TIME_RULE),
        ("verify_pin_limit", "verifyPinLimit", _normal_limit, _LIMIT_RULE),
        ("send_pin_per_application_limit", "sendPinPerApplicationLimit", _normal_limit, _LIMIT_RULE),
        ("send_pin_per_phone_number_limit", "sendPinPerPhoneNumberLimit", _normal_limit, _LIMIT_RULE),
    ):
        value = fields.text(field)
        try:
            given[name] = None if value is None else kind(value)
        except ValidationError:
            raise bad(fields.path(field), rule) from None
    return attrs.evolve(
        DEFAULT_CONFIGURATION, **{name: value for name, value in given.items() if value is not None}
    )


def _normal_span(text: str) -> TimeSpan:
    milliseconds = TimeSpan(text).milliseconds
    unit, size = next((unit, size) for unit, size in _UNIT_MS if milliseconds % size == 0)
    return TimeSpan(f"{milliseconds // size}{unit}")


def _normal_limit(text: str) -> RateLimit:
    limit = RateLimit(text)
    return RateLimit(f"{limit.count}/{_normal_span(str(limit.span))}")
