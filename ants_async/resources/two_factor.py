"""Two-factor authentication (manual section 6.3): applications, templates, PINs."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import anyio
import attrs

from ants_async.endpoints import Endpoint, table
from ants_async.errors import (
    AntsError,
    ApiError,
    OutcomeUnknown,
    PinLimitReached,
    ServerError,
    ThrottledError,
    TransportError,
)
from ants_async.frames import forgetful
from ants_async.models.two_factor import (
    Application,
    ApplicationRequest,
    PinConfiguration,
    PinReceipt,
    PinRequest,
    PinVerification,
    Template,
    TemplateRequest,
    VerifyRequest,
)
from ants_async.resources.pin_limits import PinLimits, Use
from ants_async.transport.transport import Transport

_REMEMBERED_PINS: Final = 100_000
_FOR_NOW: Final = (ThrottledError, ServerError, TransportError)
"""Failures that say nothing about the next time."""


@attrs.frozen(slots=True)
class Applications:
    """`client.two_factor.applications`. Methods raise `ApiError`, `TransportError`; `create` may raise
    `OutcomeUnknown`.
    """

    _transport: Transport
    _changed: Callable[[str], None] = attrs.field(repr=False)

    async def create(self, request: ApplicationRequest) -> Application:
        """A new application. Manual section 6.3."""
        application: Application = await self._transport.call(table.CREATE_APPLICATION, request)
        return application

    async def list(self) -> tuple[Application, ...]:
        """All applications of the account. Manual section 6.3."""
        applications: tuple[Application, ...] = await self._transport.call(table.LIST_APPLICATIONS)
        return applications

    async def get(self, application_id: str) -> Application:
        """One application. Raises `NotFound` (`APPLICATION_NOT_FOUND`). Manual section 6.3."""
        application: Application = await self._transport.call(
            table.GET_APPLICATION, path={"application_id": application_id}
        )
        return application

    async def update(self, application_id: str, request: ApplicationRequest) -> Application:
        """Replace an application's settings; the API may answer spans normalised. Manual section 6.3."""
        try:
            application: Application = await self._transport.call(
                table.UPDATE_APPLICATION, request, path={"application_id": application_id}
            )
        finally:
            self._changed(application_id)
        return application


@attrs.frozen(slots=True)
class Templates:
    """`client.two_factor.templates`: an application's message templates. Methods raise `ApiError`,
    `TransportError`; `create` may raise `OutcomeUnknown`.
    """

    _transport: Transport

    async def create(self, application_id: str, request: TemplateRequest) -> Template:
        """A new template. Manual section 6.3."""
        template: Template = await self._transport.call(
            table.CREATE_TEMPLATE, request, path={"application_id": application_id}
        )
        return template

    async def list(self, application_id: str) -> tuple[Template, ...]:
        """All templates of an application. Manual section 6.3."""
        templates: tuple[Template, ...] = await self._transport.call(
            table.LIST_TEMPLATES, path={"application_id": application_id}
        )
        return templates

    async def get(self, application_id: str, message_id: str) -> Template:
        """One template. Raises `NotFound` (`MESSAGE_NOT_FOUND`). Manual section 6.3."""
        template: Template = await self._transport.call(
            table.GET_TEMPLATE, path={"application_id": application_id, "message_id": message_id}
        )
        return template

    async def update(self, application_id: str, message_id: str, request: TemplateRequest) -> Template:
        """Replace a template. Manual section 6.3."""
        template: Template = await self._transport.call(
            table.UPDATE_TEMPLATE, request, path={"application_id": application_id, "message_id": message_id}
        )
        return template


class TwoFactor:
    """`client.two_factor`. PINs are authorised with an API key.

    The application's limits are kept here before a request is wasted: they are read once from the API (and
    again after this client updated the application), or given to `use_configuration`; `PinLimitReached` then
    says how long to wait. What never left or was refused does not count. A 429 of the API is a limit, too
    (another process may have used it): it is raised as `PinLimitReached`, never repeated, and holds back that
    number alone. A PIN that this client did not send is resent and verified without limits kept here.
    """

    def __init__(self, transport: Transport, limits: PinLimits) -> None:
        self.applications = Applications(transport, self._forget)
        self.templates = Templates(transport)
        self._transport = transport
        self._limits = limits
        self._given: dict[str, PinConfiguration] = {}
        self._read: dict[str, PinConfiguration] = {}
        self._reading: dict[str, anyio.Event] = {}
        self._pins: OrderedDict[str, tuple[str, str]] = OrderedDict()  # id → application and number

    def use_configuration(self, application_id: str, configuration: PinConfiguration) -> None:
        """Keep to these limits, without asking the API for them: a TFA-only key may not read them."""
        self._given[application_id] = configuration

    async def send_pin(
        self,
        *,
        application_id: str,
        message_id: str,
        to: str,
        sender: str | None = None,
        nc_needed: bool | None = None,
        wait: bool = False,
    ) -> PinReceipt:
        """Send a PIN by SMS. `message_id`: the template. `nc_needed=False` leaves out the Number Lookup.

        `wait`: wait for a limit kept here instead of raising. Raises `ValidationError`, `PinLimitReached`,
        `ApiError`, `ConnectionFailed`, and `OutcomeUnknown` when no clear answer came: it is not sent again,
        for two PINs confuse. Manual section 6.3.
        """
        request = PinRequest(application_id=application_id, message_id=message_id, to=to, sender=sender)
        query = {} if nc_needed is None else {"ncNeeded": "true" if nc_needed else "false"}
        uses = await self._send_uses(application_id, request.to)
        receipt: PinReceipt = await self._limited(uses, wait, table.SEND_PIN, request, query=query)
        self._remember(receipt.pin_id, application_id, request.to)
        return receipt

    async def resend_pin(self, pin_id: str, *, wait: bool = False) -> PinReceipt:
        """Send the same PIN again by SMS; counts as a send. Raises as `send_pin`. Manual section 6.3."""
        return await self._resend(table.RESEND_PIN, pin_id, wait=wait)

    async def resend_pin_voice(self, pin_id: str, *, wait: bool = False) -> PinReceipt:
        """Speak the same PIN in a call; counts as a send. Raises as `send_pin`. Manual section 6.3."""
        return await self._resend(table.RESEND_PIN_VOICE, pin_id, wait=wait)

    @forgetful
    async def verify_pin(self, pin_id: str, pin: str, *, wait: bool = False) -> PinVerification:
        """Check what the user typed: a wrong PIN is a result (`pin_error`), not an exception.

        Each call uses up one of the PIN's attempts. `wait` and what it raises: as `send_pin`.
        Manual section 6.3.
        """
        request = VerifyRequest(pin=pin)
        application_id, to = self._pins.get(pin_id, (None, None))
        uses = []
        if application_id is not None:
            limit = (await self._configuration(application_id)).verify_pin_limit
            uses = [Use("verifyPinLimit", limit, (application_id, to))]
        verification: PinVerification = await self._limited(
            uses, wait, table.VERIFY_PIN, request, path={"pin_id": pin_id}
        )
        return verification

    async def _resend(self, endpoint: Endpoint[Any], pin_id: str, *, wait: bool) -> PinReceipt:
        application_id, to = self._pins.get(pin_id, (None, None))
        uses = await self._send_uses(application_id, to) if application_id and to else []
        receipt: PinReceipt = await self._limited(uses, wait, endpoint, path={"pin_id": pin_id})
        return receipt

    async def _limited(
        self, uses: list[Use], wait: bool, endpoint: Endpoint[Any], body: object = None, **request: Any
    ) -> Any:
        taken_at = await self._limits.take(uses, wait=wait)
        try:
            return await self._transport.call(endpoint, body, **request)
        except OutcomeUnknown:  # it may have counted
            raise
        except ThrottledError as error:
            retry_after, name, limit = error.retry_after, "a limit of the application", None
            if uses:
                retry_after = await self._limits.refused(uses, taken_at, retry_after)
            if len(uses) == 1:  # of several, the API does not say which
                name, limit = uses[0].name, uses[0].limit_text
            raise PinLimitReached(name, limit, retry_after=retry_after) from error
        except AntsError:
            await self._limits.give_back(uses, taken_at)
            raise

    async def _send_uses(self, application_id: str, to: str) -> list[Use]:
        """The limits a send counts against, the number's own last."""
        configuration = await self._configuration(application_id)
        limits = (
            ("sendPinPerApplicationLimit", configuration.send_pin_per_application_limit, application_id),
            (
                "sendPinPerPhoneNumberLimit",
                configuration.send_pin_per_phone_number_limit,
                (application_id, to),
            ),
        )
        return [Use(name, limit, key) for name, limit, key in limits]

    async def _configuration(self, application_id: str) -> PinConfiguration:
        """Given, or read once; what cannot be read leaves the counting to the API, and holds up nobody."""
        known = self._given.get(application_id) or self._read.get(application_id)
        if known is not None:
            return known
        if application_id in self._reading:  # another task does
            await self._reading[application_id].wait()
        else:
            await self._read_configuration(application_id)
        return self._given.get(application_id) or self._read.get(application_id) or PinConfiguration()

    async def _read_configuration(self, application_id: str) -> None:
        read = self._reading[application_id] = anyio.Event()
        configuration: PinConfiguration | None = None
        try:
            configuration = (await self.applications.get(application_id)).configuration
        except _FOR_NOW:
            return
        except ApiError:  # a key that may not read it
            pass
        finally:
            del self._reading[application_id]
            read.set()
        self._read[application_id] = configuration or PinConfiguration()

    def _forget(self, application_id: str) -> None:
        self._read.pop(application_id, None)

    def _remember(self, pin_id: str, application_id: str, to: str) -> None:
        self._pins[pin_id] = (application_id, to)
        if len(self._pins) > _REMEMBERED_PINS:
            self._pins.popitem(last=False)
