"""The 26 operations of the manual. `OPERATIONS` has them all, by name."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from ants_async.endpoints.endpoint import Endpoint, Family, Repeat
from ants_async.models.api_keys import ApiKey, ApiKeyPage, ApiKeyRequest
from ants_async.models.reports import Balance, LogPage, ReportPage
from ants_async.models.sms import (
    AdvancedRequest,
    BinaryMessage,
    BinaryMultiRequest,
    MultiRequest,
    PreviewReceipt,
    PreviewRequest,
    SendReceipt,
    TextMessage,
)
from ants_async.models.two_factor import (
    Application,
    ApplicationRequest,
    PinReceipt,
    PinRequest,
    PinVerification,
    Template,
    TemplateRequest,
    VerifyRequest,
)

_APPLICATIONS: Final = "/2fa/2/applications"
_TEMPLATES: Final = "/2fa/1/applications/{application_id}/messages"
_KEYS: Final = "/settings/1/accounts/{account_key}/api-keys"


_sms = partial(
    Endpoint[SendReceipt],
    method="POST",
    answer=SendReceipt,
    family=Family.SEND,
    repeat=Repeat.HARMFUL,
    has_xml=True,
    manual="2",
)
_get = partial(Endpoint[Any], method="GET", repeat=Repeat.HARMLESS)
_post = partial(Endpoint[Any], method="POST", repeat=Repeat.HARMFUL)
_put = partial(Endpoint[Any], method="PUT", repeat=Repeat.HARMLESS)
_TFA: Final = Family.TWO_FACTOR

SEND: Final = _sms(name="sms.send", command="send", path="/sms/1/text/single", body=TextMessage)
SEND_MULTI: Final = _sms(
    name="sms.send_multi", command="send --messages", path="/sms/1/text/multi", body=MultiRequest
)
SEND_ADVANCED: Final = _sms(
    name="sms.send_advanced", command="send --message-id", path="/sms/1/text/advanced", body=AdvancedRequest
)
SEND_BINARY: Final = _sms(
    name="sms.send_binary", command="send --hex", path="/sms/1/binary/single", body=BinaryMessage
)
SEND_BINARY_MULTI: Final = _sms(
    name="sms.send_binary_multi",
    command="send --messages",
    path="/sms/1/binary/multi",
    body=BinaryMultiRequest,
)
SEND_BINARY_ADVANCED: Final = _sms(
    name="sms.send_binary_advanced",
    command="send --hex --message-id",
    path="/sms/1/binary/advanced",
    body=AdvancedRequest,
)

REPORTS: Final = _get(
    name="reports.fetch",
    command="reports",
    path="/sms/1/reports",
    answer=ReportPage,
    family=Family.REPORTS,
    repeat=Repeat.HARMFUL,  # each report is handed out once
    has_xml=True,
    manual="4",
)
LOGS: Final = _get(
    name="logs.search",
    command="logs",
    path="/sms/1/logs",
    answer=LogPage,
    family=Family.LOGS,
    has_xml=True,
    manual="5",
)
PREVIEW: Final = _post(
    name="sms.preview",
    command="preview",
    path="/sms/1/preview",
    body=PreviewRequest,
    answer=PreviewReceipt,
    family=Family.ACCOUNT,
    repeat=Repeat.HARMLESS,
    has_xml=True,
    manual="6.1",
)

CREATE_APPLICATION: Final = _post(
    name="two_factor.applications.create",
    command="apps create",
    path=_APPLICATIONS,
    body=ApplicationRequest,
    answer=Application,
    family=_TFA,
    manual="6.3",
)
LIST_APPLICATIONS: Final = _get(
    name="two_factor.applications.list",
    command="apps list",
    path=_APPLICATIONS,
    answer=tuple[Application, ...],
    family=_TFA,
    manual="6.3",
)
GET_APPLICATION: Final = _get(
    name="two_factor.applications.get",
    command="apps get",
    path=f"{_APPLICATIONS}/{{application_id}}",
    answer=Application,
    family=_TFA,
    manual="6.3",
)
UPDATE_APPLICATION: Final = _put(
    name="two_factor.applications.update",
    command="apps update",
    path=f"{_APPLICATIONS}/{{application_id}}",
    body=ApplicationRequest,
    answer=Application,
    family=_TFA,
    manual="6.3",
)
CREATE_TEMPLATE: Final = _post(
    name="two_factor.templates.create",
    command="templates create",
    path=_TEMPLATES,
    body=TemplateRequest,
    answer=Template,
    family=_TFA,
    manual="6.3",
)
LIST_TEMPLATES: Final = _get(
    name="two_factor.templates.list",
    command="templates list",
    path=_TEMPLATES,
    answer=tuple[Template, ...],
    family=_TFA,
    manual="6.3",
)
GET_TEMPLATE: Final = _get(
    name="two_factor.templates.get",
    command="templates get",
    path=f"{_TEMPLATES}/{{message_id}}",
    answer=Template,
    family=_TFA,
    manual="6.3",
)
UPDATE_TEMPLATE: Final = _put(
    name="two_factor.templates.update",
    command="templates update",
    path=f"{_TEMPLATES}/{{message_id}}",
    body=TemplateRequest,
    answer=Template,
    family=_TFA,
    manual="6.3",
)
SEND_PIN: Final = _post(
    name="two_factor.send_pin",
    command="pin send",
    path="/2fa/1/pin",
    body=PinRequest,
    answer=PinReceipt,
    family=_TFA,
    is_quota=True,
    manual="6.3",
)
RESEND_PIN: Final = _post(
    name="two_factor.resend_pin",
    command="pin resend",
    path="/2fa/1/pin/{pin_id}/resend",
    answer=PinReceipt,
    family=_TFA,
    is_quota=True,
    manual="6.3",
)
RESEND_PIN_VOICE: Final = _post(
    name="two_factor.resend_pin_voice",
    command="pin resend --voice",
    path="/2fa/1/pin/{pin_id}/resend/voice",
    answer=PinReceipt,
    family=_TFA,
    is_quota=True,
    manual="6.3",
)
VERIFY_PIN: Final = _post(
    name="two_factor.verify_pin",
    command="pin verify",
    path="/2fa/1/pin/{pin_id}/verify",
    body=VerifyRequest,
    answer=PinVerification,
    family=_TFA,
    is_quota=True,
    manual="6.3",
)

_api_key = partial(Endpoint[Any], family=Family.ACCOUNT, needs_password=True, manual="6.4")
CREATE_API_KEY: Final = _api_key(
    name="api_keys.create",
    command="keys create",
    method="POST",
    path=_KEYS,
    body=ApiKeyRequest,
    answer=ApiKey,
    repeat=Repeat.HARMFUL,
)
LIST_API_KEYS: Final = _api_key(
    name="api_keys.list",
    command="keys list",
    method="GET",
    path=_KEYS,
    answer=ApiKeyPage,
    repeat=Repeat.HARMLESS,
)
GET_API_KEY: Final = _api_key(
    name="api_keys.get",
    command="keys get",
    method="GET",
    path=f"{_KEYS}/{{key}}",
    answer=ApiKey,
    repeat=Repeat.HARMLESS,
)
UPDATE_API_KEY: Final = _api_key(
    name="api_keys.update",
    command="keys update",
    method="PUT",
    path=f"{_KEYS}/{{key}}",
    body=ApiKeyRequest,
    answer=ApiKey,
    repeat=Repeat.HARMLESS,
)
BALANCE: Final = _get(
    name="account.balance",
    command="balance",
    path="/account/1/balance",
    answer=Balance,
    family=Family.ACCOUNT,
    has_xml=True,
    manual="6.5",
)

OPERATIONS: Final[Mapping[str, Endpoint[Any]]] = {
    value.name: value for value in list(globals().values()) if isinstance(value, Endpoint)
}
