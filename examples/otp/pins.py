"""PINs of one application: sent to Thai mobiles alone, and not without end to all who ask."""

import os
import re
from typing import Self

import attrs

from ants_async import (
    AntsClient,
    ApplicationRequest,
    NotFound,
    PinConfiguration,
    PinError,
    PinType,
    PinVerification,
    RateLimit,
    TemplateRequest,
    ValidationError,
)
from ants_async.resources.pin_limits import LocalPinLimits, Use

NAME = "otp-example"
LENGTH = 6
RULES = PinConfiguration(
    pin_attempts=5,
    pin_time_to_live="5m",
    allow_multiple_pin_verifications=False,
    verify_pin_limit="1/3s",
    send_pin_per_phone_number_limit="5/1d",
    send_pin_per_application_limit="1000/1d",
)
TEXT = TemplateRequest(
    message_text="<pin> คือรหัสเข้าสู่ระบบของคุณ / is your login PIN. 5 นาที / minutes.",
    pin_placeholder="<pin>",
    pin_type=PinType.NUMERIC,
    pin_length=LENGTH,
)
PER_ADDRESS = RateLimit("20/1h")  # texts cost money: nobody may have them sent by the thousand
MOBILE = re.compile(r"(?:\+?66|0)([689]\d{8})")  # send only to where your customers are
LOCAL = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@attrs.frozen
class Pins:
    """How this service sends and checks them."""

    client: AntsClient
    application_id: str
    message_id: str
    addresses: LocalPinLimits = attrs.field(factory=LocalPinLimits)

    @classmethod
    async def of(cls, client: AntsClient) -> Self:
        """By the application and template of the environment, or of that name; made where there is none."""
        application_id = os.environ.get("OTP_APPLICATION_ID") or await _application(client)
        message_id = os.environ.get("OTP_MESSAGE_ID") or await _template(client, application_id)
        return cls(client, application_id, message_id)

    @property
    def simulator(self) -> str | None:
        """Where the texts stand that a simulator on this machine "sent"."""
        is_local = self.client.base_url.startswith(LOCAL)
        return f"{self.client.base_url}/_simulator/messages?offset=-20" if is_local else None

    async def send(self, typed: str, address: str) -> tuple[str, str]:
        """A new PIN to this number, asked for from that address: the number, and the PIN's id."""
        match = MOBILE.fullmatch(re.sub(r"[\s().-]", "", typed))
        if match is None:
            raise ValidationError("to", typed, "a Thai mobile number, like 081 234 5678")
        await self.addresses.take([Use("pinsPerAddress", PER_ADDRESS, address)], wait=False)
        number = f"66{match[1]}"
        return number, await self._send(number)

    async def send_again(self, number: str, pin_id: str | None) -> str:
        """The same PIN, or a new one where there is none to use any more."""
        if pin_id is None:
            return await self._send(number)
        return (await self.client.two_factor.resend_pin(pin_id)).pin_id

    async def _send(self, number: str) -> str:
        # Whether it reached the phone (`sms_status`) is nobody's business but its owner's.
        receipt = await self.client.two_factor.send_pin(
            application_id=self.application_id, message_id=self.message_id, to=number
        )
        return receipt.pin_id

    def readable(self, typed: str) -> str | None:
        """The PIN in what was typed: with spaces, in Thai digits; None if it cannot be one."""
        digits = "".join(str(int(one)) if one.isdecimal() else one for one in typed if not one.isspace())
        return digits if digits.isdecimal() and len(digits) == LENGTH else None

    async def check(self, pin_id: str, pin: str) -> PinVerification:
        """Whether it is the one. Uses up a try."""
        try:
            return await self.client.two_factor.verify_pin(pin_id, pin)
        except NotFound:  # so old that the API forgot it
            return PinVerification(
                pin_id=pin_id, verified=False, attempts_remaining=0, pin_error=PinError.TTL_EXPIRED
            )


async def _application(client: AntsClient) -> str:
    for application in await client.two_factor.applications.list():
        if application.name == NAME:
            return application.application_id
    wanted = ApplicationRequest(name=NAME, configuration=RULES)
    return (await client.two_factor.applications.create(wanted)).application_id


async def _template(client: AntsClient, application_id: str) -> str:
    for template in await client.two_factor.templates.list(application_id):
        return template.message_id
    return (await client.two_factor.templates.create(application_id, TEXT)).message_id
