"""How to call every operation of the manual with secrets in it, each in the formats it has."""

from ants_async.endpoints import OPERATIONS, Wire
from ants_async.models.api_keys import ApiKeyRequest
from ants_async.models.sms import (
    AdvancedMessage,
    AdvancedRequest,
    Binary,
    BinaryMessage,
    Destination,
    TextMessage,
)
from ants_async.models.two_factor import ApplicationRequest, PinConfiguration, TemplateRequest

TO = "66847781470"
SHOP = ApplicationRequest(
    name="Shop",
    configuration=PinConfiguration(send_pin_per_phone_number_limit="99/1d", verify_pin_limit="99/1s"),
)
FORM = TemplateRequest(message_text="PIN: <pin>", pin_placeholder="<pin>", pin_type="NUMERIC", pin_length=6)


def advanced(notify_url=None, **content):
    message = AdvancedMessage(destinations=[Destination(TO)], notify_url=notify_url, **content)
    return AdvancedRequest(messages=[message])


def calls(*, application="app", template="tpl", pin_id="pin", pin, key, public_key, account, notify_url):
    """The operations by name, each a function of a client."""
    sub = {"account_key": account}
    apps, forms = (lambda c: c.two_factor.applications), (lambda c: c.two_factor.templates)
    found = {
        "sms.send": lambda c: c.sms.send(TO, "x"),
        "sms.send_multi": lambda c: c.sms.send_multi([TextMessage(to=TO, text="x")]),
        "sms.send_advanced": lambda c: c.sms.send_advanced(advanced(notify_url, text="x")),
        "sms.send_binary": lambda c: c.sms.send_binary(TO, b"x"),
        "sms.send_binary_multi": lambda c: c.sms.send_binary_multi(
            [BinaryMessage(to=TO, binary=Binary(b"x"))]
        ),
        "sms.send_binary_advanced": lambda c: c.sms.send_binary_advanced(
            advanced(notify_url, binary=Binary(b"x"))
        ),
        "reports.fetch": lambda c: c.reports.fetch(bulk_id="b"),
        "logs.search": lambda c: c.logs.search(to=TO),
        "sms.preview": lambda c: c.sms.preview("x"),
        "two_factor.applications.create": lambda c: apps(c).create(SHOP),
        "two_factor.applications.list": lambda c: apps(c).list(),
        "two_factor.applications.get": lambda c: apps(c).get(application),
        "two_factor.applications.update": lambda c: apps(c).update(application, SHOP),
        "two_factor.templates.create": lambda c: forms(c).create(application, FORM),
        "two_factor.templates.list": lambda c: forms(c).list(application),
        "two_factor.templates.get": lambda c: forms(c).get(application, template),
        "two_factor.templates.update": lambda c: forms(c).update(application, template, FORM),
        "two_factor.send_pin": lambda c: c.two_factor.send_pin(
            application_id=application, message_id=template, to=TO
        ),
        "two_factor.resend_pin": lambda c: c.two_factor.resend_pin(pin_id),
        "two_factor.resend_pin_voice": lambda c: c.two_factor.resend_pin_voice(pin_id),
        "two_factor.verify_pin": lambda c: c.two_factor.verify_pin(pin_id, pin),
        "api_keys.create": lambda c: c.api_keys.create(ApiKeyRequest(name="Web"), **sub),
        "api_keys.list": lambda c: c.api_keys.list(public_api_key=public_key, **sub),
        "api_keys.get": lambda c: c.api_keys.get(key, **sub),
        "api_keys.update": lambda c: c.api_keys.update(key, ApiKeyRequest(name="Web"), **sub),
        "account.balance": lambda c: c.account.balance(),
    }
    assert found.keys() == OPERATIONS.keys()
    return found


def in_every_format(client, call):
    """The call in JSON, and in XML where the manual has it."""
    name, function = call
    formats = list(Wire) if OPERATIONS[name].has_xml else [Wire.JSON]
    return [lambda wire=wire: function(client.speaking(wire)) for wire in formats]
