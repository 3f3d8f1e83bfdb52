"""The manual's 62 example bodies, and the model that each of them is."""

from pathlib import Path

from ants_async.models.api_keys import ApiKey, ApiKeyPage, ApiKeyRequest
from ants_async.models.delivery_errors import DeliveryError
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
from ants_async.models.statuses import Status
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

FOLDER = Path(__file__).parent / "manual/examples"

REQUESTS = {
    "api_key_create": ApiKeyRequest,
    "api_key_create_tfa": ApiKeyRequest,
    "api_key_update": ApiKeyRequest,
    "application_create": ApplicationRequest,
    "application_update": ApplicationRequest,
    "custom_ids": AdvancedRequest,
    "pin_send": PinRequest,
    "pin_verify": VerifyRequest,
    "preview": PreviewRequest,
    "sms_binary_advanced": AdvancedRequest,
    "sms_binary_multi": BinaryMultiRequest,
    "sms_binary_single": BinaryMessage,
    "sms_text_advanced": AdvancedRequest,
    "sms_text_multi": MultiRequest,
    "sms_text_single": TextMessage,
    "template_create": TemplateRequest,
    "template_update": TemplateRequest,
}

RESPONSES = {
    "api_key_create": ApiKey,
    "api_key_create_tfa": ApiKey,
    "api_key_get": ApiKey,
    "api_key_list": ApiKeyPage,
    "api_key_update": ApiKey,
    "application_create": Application,
    "application_get": Application,
    "application_list": tuple[Application, ...],
    "application_update": Application,
    "balance": Balance,
    "custom_ids": SendReceipt,
    "logs_by_message_id": LogPage,
    "pin_resend": PinReceipt,
    "pin_send": PinReceipt,
    "pin_verify": PinVerification,
    "preview": PreviewReceipt,
    "reports_all": ReportPage,
    "reports_already_read": ReportPage,
    "reports_by_message_id": ReportPage,
    "sms_binary_advanced": SendReceipt,
    "sms_binary_multi": SendReceipt,
    "sms_binary_single": SendReceipt,
    "sms_text_advanced": SendReceipt,
    "sms_text_multi": SendReceipt,
    "sms_text_single": SendReceipt,
    "template_create": Template,
    "template_get": Template,
    "template_list": tuple[Template, ...],
    "template_update": Template,
}

OBJECTS = {"error": DeliveryError, "status": Status}


def model_of(name):
    """The model of an example file, or None for the body of an HTTP error."""
    stem, kind, _ = name.split(".")
    table = {"request": REQUESTS, "response": RESPONSES, "object": OBJECTS}[kind]
    return None if stem.startswith("error_") else table[stem]


FILES = sorted(FOLDER.iterdir())
