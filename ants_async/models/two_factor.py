"""Two-factor authentication: applications, message templates, PINs (manual section 6.3)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import attrs

from ants_async.errors import ValidationError
from ants_async.frames import forgetful_when_made
from ants_async.models.checks import check_number_within, known
from ants_async.models.limits import RateLimit, TimeSpan
from ants_async.models.numbers import parse_number
from ants_async.models.senders import check_sender
from ants_async.models.sms import SoughtMessage


class PinType(StrEnum):
    """What a PIN is made of."""

    NUMERIC = "NUMERIC"
    ALPHA = "ALPHA"
    ALPHANUMERIC = "ALPHANUMERIC"
    HEX = "HEX"

    @classmethod
    def _missing_(cls, value: object) -> "PinType | None":
        return cls.HEX if value == "HEXA" else None  # as one example of the manual has it


class VoiceLanguage(StrEnum):
    """Languages a PIN can be spoken in."""

    ENGLISH = "en"
    SPANISH = "es"
    CATALAN = "ca"
    CHINESE_SIMPLIFIED = "zh-cn"
    CHINESE_TRADITIONAL = "zh-tw"
    FRENCH = "fr"
    GERMAN = "de"
    ITALIAN = "it"
    JAPANESE = "ja"
    KOREAN = "ko"
    PORTUGUESE = "pt-pt"
    PORTUGUESE_BRAZIL = "pt-br"
    RUSSIAN = "ru"


class NcStatus(StrEnum):
    """What the Number Lookup found; the PIN is held back only where the number is not reachable."""

    DESTINATION_UNKNOWN = "NC_DESTINATION_UNKNOWN"
    DESTINATION_REACHABLE = "NC_DESTINATION_REACHABLE"
    DESTINATION_NOT_REACHABLE = "NC_DESTINATION_NOT_REACHABLE"
    NOT_CONFIGURED = "NC_NOT_CONFIGURED"

    @classmethod
    def _missing_(cls, value: object) -> "NcStatus | None":
        return cls.DESTINATION_NOT_REACHABLE if value == "NC_NOT_REACHABLE" else None  # the manual has both


class SmsStatus(StrEnum):
    """Whether the PIN went out by SMS."""

    MESSAGE_SENT = "MESSAGE_SENT"
    MESSAGE_NOT_SENT = "MESSAGE_NOT_SENT"


class CallStatus(StrEnum):
    """What became of the call that speaks a PIN."""

    BAD_REQUEST = "BAD_REQUEST"
    PROCESSING = "PROCESSING"
    PROCESSED = "PROCESSED"
    ANSWERED_MACHINE = "ANSWERED_MACHINE"
    ERROR = "ERROR"
    ERROR_NOT_ENOUGH_CREDITS = "ERROR_NOT_ENOUGH_CREDITS"
    ERROR_NETWORK_NOT_AVAILABLE = "ERROR_NETWORK_NOT_AVAILABLE"
    ERROR_ROUTE_NOT_AVAILABLE = "ERROR_ROUTE_NOT_AVAILABLE"
    ERROR_USER_BUSY = "ERROR_USER_BUSY"
    ERROR_NO_ANSWER = "ERROR_NO_ANSWER"
    UNDEFINED = "UNDEFINED"


class PinError(StrEnum):
    """Why a PIN was not verified."""

    WRONG_PIN = "WRONG_PIN"
    TTL_EXPIRED = "TTL_EXPIRED"
    NO_MORE_PIN_ATTEMPTS = "NO_MORE_PIN_ATTEMPTS"


# One converter a type: mypy reads only named functions.
def _pin_type(value: PinType | str | None) -> PinType | str | None:
    return known(PinType, value)


def _language(value: VoiceLanguage | str | None) -> VoiceLanguage | str | None:
    return known(VoiceLanguage, value)


def _nc_status(value: NcStatus | str | None) -> NcStatus | str | None:
    return known(NcStatus, value)


def _sms_status(value: SmsStatus | str | None) -> SmsStatus | str | None:
    return known(SmsStatus, value)


def _call_status(value: CallStatus | str | None) -> CallStatus | str | None:
    return known(CallStatus, value)


def _pin_error(value: PinError | str | None) -> PinError | str | None:
    return known(PinError, value)


def _time_to_live(value: TimeSpan | str | None) -> TimeSpan | None:
    if value is None or isinstance(value, TimeSpan):
        return value
    return TimeSpan(value, field="pin_time_to_live")


def _limit(value: RateLimit | str | None, field: str) -> RateLimit | None:
    return value if value is None or isinstance(value, RateLimit) else RateLimit(value, field=field)


def _verify_pin_limit(value: RateLimit | str | None) -> RateLimit | None:
    return _limit(value, "verify_pin_limit")


def _send_pin_per_application_limit(value: RateLimit | str | None) -> RateLimit | None:
    return _limit(value, "send_pin_per_application_limit")


def _send_pin_per_phone_number_limit(value: RateLimit | str | None) -> RateLimit | None:
    return _limit(value, "send_pin_per_phone_number_limit")


@attrs.frozen(slots=True, kw_only=True)
class PinConfiguration:
    """An application's rules; what is None is the API's default, in brackets.

    `pin_attempts`: tries for one PIN (10). `pin_time_to_live`: a `TimeSpan` or its text (`15m`).
    `verify_pin_limit` (`1/3s`, a number), `send_pin_per_application_limit` (`10000/1d`) and
    `send_pin_per_phone_number_limit` (`3/1d`): a `RateLimit` or its text.
    `allow_multiple_pin_verifications`: whether a verified PIN can be verified again (true).
    Raises `ValidationError`.
    """

    pin_attempts: int | None = None
    allow_multiple_pin_verifications: bool | None = None
    pin_time_to_live: TimeSpan | None = attrs.field(default=None, converter=_time_to_live)
    verify_pin_limit: RateLimit | None = attrs.field(default=None, converter=_verify_pin_limit)
    send_pin_per_application_limit: RateLimit | None = attrs.field(
        default=None, converter=_send_pin_per_application_limit
    )
    send_pin_per_phone_number_limit: RateLimit | None = attrs.field(
        default=None, converter=_send_pin_per_phone_number_limit
    )
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


DEFAULT_CONFIGURATION = PinConfiguration(
    pin_attempts=10,
    allow_multiple_pin_verifications=True,
    pin_time_to_live=TimeSpan("15m"),
    verify_pin_limit=RateLimit("1/3s"),
    send_pin_per_application_limit=RateLimit("10000/1d"),
    send_pin_per_phone_number_limit=RateLimit("3/1d"),
)
"""The manual's defaults."""


@attrs.frozen(slots=True, kw_only=True)
class ApplicationRequest:
    """What an application is created or updated with. Raises `ValidationError`."""

    name: str | None = None
    enabled: bool | None = None
    process_id: str | None = None
    configuration: PinConfiguration | None = None

    def __attrs_post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse what the API would refuse."""
        if not self.name or not self.name.strip():
            raise ValidationError("name", self.name, "an application needs a name")
        attempts = self.configuration.pin_attempts if self.configuration is not None else None
        check_number_within("pin_attempts", attempts, 1, 1_000_000)


@attrs.frozen(slots=True, kw_only=True)
class Application(ApplicationRequest):
    """An application as the API has it; what it sent is not checked."""

    application_id: str
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        """Leave out the check: this came from the API."""


@attrs.frozen(slots=True, kw_only=True)
class TemplateRequest:
    """What a message template is created or updated with.

    `message_text` must hold `pin_placeholder`. `pin_length`: characters. For voice: `language`,
    `repeat_dtmf` (the keys that repeat the message, e.g. `1#`), `speech_rate` (0.5 to 2).
    Raises `ValidationError`.
    """

    message_text: str | None = None
    pin_type: PinType | str | None = attrs.field(default=None, converter=_pin_type)
    pin_placeholder: str | None = None
    pin_length: int | None = None
    sender_id: str | None = None
    language: VoiceLanguage | str | None = attrs.field(default=None, converter=_language)
    repeat_dtmf: str | None = None
    speech_rate: float | None = None

    def __attrs_post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse what the API would refuse."""
        if not self.pin_placeholder:
            raise ValidationError("pin_placeholder", self.pin_placeholder, "must not be empty, e.g. <pin>")
        if not self.message_text or self.pin_placeholder not in self.message_text:
            rule = f"must hold the placeholder {self.pin_placeholder!r}"
            raise ValidationError("message_text", self.message_text, rule)
        if self.pin_type is None:
            raise ValidationError("pin_type", None, f"one of {', '.join(PinType)}")
        check_number_within("pin_length", self.pin_length, 1, 100)
        check_number_within("speech_rate", self.speech_rate, 0.5, 2.0)
        check_sender(self.sender_id, field="sender_id")


@attrs.frozen(slots=True, kw_only=True)
class Template(TemplateRequest):
    """A message template as the API has it; what it sent is not checked."""

    message_id: str
    application_id: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        """Leave out the check: this came from the API."""


@attrs.frozen(slots=True, kw_only=True)
class PinRequest:
    """A PIN to be sent: which application's rules, which template, to whom."""

    application_id: str
    message_id: str
    to: str = attrs.field(converter=parse_number)
    sender: str | None = None

    def __attrs_post_init__(self) -> None:
        check_sender(self.sender)

    @property
    def sought(self) -> tuple[SoughtMessage, ...]:
        """What the logs would show of it; what its text says, only the API knows."""
        return (SoughtMessage(to=self.to, sender=self.sender),)


@attrs.frozen(slots=True, kw_only=True)
class PinReceipt:
    """A PIN that was asked for. `sms_status` when it goes by SMS, `call_status` when it is spoken."""

    pin_id: str
    to: str | None = None
    nc_status: NcStatus | str | None = attrs.field(default=None, converter=_nc_status)
    sms_status: SmsStatus | str | None = attrs.field(default=None, converter=_sms_status)
    call_status: CallStatus | str | None = attrs.field(default=None, converter=_call_status)
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @property
    def is_sent(self) -> bool:
        """Whether the SMS went out; it is held back where the number is not reachable."""
        return self.sms_status == SmsStatus.MESSAGE_SENT


@forgetful_when_made
@attrs.frozen(slots=True, kw_only=True)
class VerifyRequest:
    """The PIN that a user typed."""

    pin: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.pin, str) or not self.pin.strip():
            raise ValidationError("pin", "***", "must be a text that is not empty")


@attrs.frozen(slots=True, kw_only=True)
class PinVerification:
    """Whether a PIN was right; `pin_error` says why not, `attempts_remaining` how often one may still try."""

    pin_id: str
    verified: bool
    msisdn: str | None = None
    attempts_remaining: int | None = None
    pin_error: PinError | str | None = attrs.field(default=None, converter=_pin_error)
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
