"""`ants-async apps`, `templates` and `pin`: two-factor authentication by hand."""

import sys
from collections.abc import Callable
from typing import Any, Final

import attrs
import click

from ants_async.cli.account import Account, account_options, given, with_options
from ants_async.cli.refusals import one_line_errors
from ants_async.client import AntsClient
from ants_async.models.two_factor import (
    Application,
    ApplicationRequest,
    PinConfiguration,
    PinReceipt,
    PinType,
    Template,
    TemplateRequest,
    VoiceLanguage,
)

NOT_VERIFIED: Final = 1
_APP_COLUMNS: Final = ("applicationId", "name", "enabled", "configuration.pinTimeToLive")
_TEMPLATE_COLUMNS: Final = ("messageId", "pinType", "pinLength", "senderId", "messageText")
_RULES: Final = tuple(field.name for field in attrs.fields(PinConfiguration) if field.name != "extra")


_rules = with_options(
    click.option("--enabled/--disabled", default=None),
    click.option("--pin-attempts", type=int, help="Tries for one PIN. [API: 10]"),
    click.option("--pin-time-to-live", help="E.g. 15m."),
    click.option("--verify-pin-limit", help="For each number, e.g. 1/3s."),
    click.option("--send-pin-per-application-limit", help="E.g. 10000/1d."),
    click.option("--send-pin-per-phone-number-limit", help="E.g. 3/1d."),
    click.option("--allow-multiple-pin-verifications/--verify-once", default=None),
)


def _template_options(*, new: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What a template says; a new one has defaults."""
    return with_options(
        click.option("--message-text", required=new, help="Must hold the placeholder."),
        click.option("--pin-placeholder", default="<pin>" if new else None, help="E.g. <pin>."),
        click.option("--pin-type", type=click.Choice(list(PinType)), default="NUMERIC" if new else None),
        click.option("--pin-length", type=int, default=4 if new else None),
        click.option("--sender-id"),
        click.option("--language", type=click.Choice(list(VoiceLanguage)), help="For voice."),
        click.option("--repeat-dtmf", help="For voice: keys that say it again, e.g. 1#."),
        click.option("--speech-rate", type=float, help="For voice: 0.5 to 2."),
    )


@click.group()
def apps() -> None:
    """Applications: the rules by which PINs are sent."""


@apps.command("list")
@account_options()
def list_apps(account: Account) -> None:
    """Show all applications."""
    account.show_all(account.call(lambda client: client.two_factor.applications.list()), _APP_COLUMNS)


@apps.command("get")
@click.argument("application_id", metavar="ID")
@account_options()
def get_app(account: Account, *, application_id: str) -> None:
    """Show one application."""
    account.show(account.call(lambda client: client.two_factor.applications.get(application_id)))


@apps.command("create")
@click.argument("name")
@_rules
@account_options()
def create_app(account: Account, *, name: str, **options: Any) -> None:
    """Create an application."""
    with one_line_errors():
        request = _changed(ApplicationRequest(name=name), options)
    account.show(account.call(lambda client: client.two_factor.applications.create(request)))


@apps.command("update")
@click.argument("application_id", metavar="ID")
@click.option("--name")
@_rules
@account_options()
def update_app(account: Account, *, application_id: str, **options: Any) -> None:
    """Change an application; what is not given stays as it is."""

    async def change(client: AntsClient) -> Application:
        known = await client.two_factor.applications.get(application_id)
        return await client.two_factor.applications.update(application_id, _changed(known, options))

    account.show(account.call(change))


def _changed(request: ApplicationRequest, options: dict[str, Any]) -> ApplicationRequest:
    rules = given(**{name: options.pop(name, None) for name in _RULES})
    configuration = request.configuration
    if rules:
        configuration = attrs.evolve(configuration or PinConfiguration(), **rules)
    return attrs.evolve(request, configuration=configuration, **given(**options))


@click.group()
def templates() -> None:
    """Message templates: the texts that carry PINs."""


@templates.command("list")
@click.argument("application_id", metavar="APP")
@account_options()
def list_templates(account: Account, *, application_id: str) -> None:
    """Show all templates of an application."""
    found = account.call(lambda client: client.two_factor.templates.list(application_id))
    account.show_all(found, _TEMPLATE_COLUMNS)


@templates.command("get")
@click.argument("application_id", metavar="APP")
@click.argument("message_id", metavar="ID")
@account_options()
def get_template(account: Account, *, application_id: str, message_id: str) -> None:
    """Show one template."""
    account.show(account.call(lambda client: client.two_factor.templates.get(application_id, message_id)))


@templates.command("create")
@click.argument("application_id", metavar="APP")
@_template_options(new=True)
@account_options()
def create_template(account: Account, *, application_id: str, **options: Any) -> None:
    """Create a template."""
    with one_line_errors():
        request = TemplateRequest(**options)
    account.show(account.call(lambda client: client.two_factor.templates.create(application_id, request)))


@templates.command("update")
@click.argument("application_id", metavar="APP")
@click.argument("message_id", metavar="ID")
@_template_options(new=False)
@account_options()
def update_template(account: Account, *, application_id: str, message_id: str, **options: Any) -> None:
    """Change a template; what is not given stays as it is."""

    async def change(client: AntsClient) -> Template:
        known = await client.two_factor.templates.get(application_id, message_id)
        changed = attrs.evolve(known, **given(**options))
        return await client.two_factor.templates.update(application_id, message_id, changed)

    account.show(account.call(change))


@click.group()
def pin() -> None:
    """Send, resend and verify PINs. Needs an API key: ANTS_API_KEY."""


@pin.command("send")
@click.argument("application_id", metavar="APP")
@click.argument("message_id", metavar="TEMPLATE")
@click.argument("to")
@click.option("--sender")
@click.option(
    "--lookup/--no-lookup", "nc_needed", default=None, help="Ask first whether the number is there."
)
@account_options()
def send_pin(account: Account, **options: Any) -> None:
    """Send a PIN to the number TO."""
    _show(account, account.call(lambda client: client.two_factor.send_pin(**options)))


@pin.command("resend")
@click.argument("pin_id", metavar="PIN-ID")
@click.option("--voice", is_flag=True, help="In a call.")
@account_options()
def resend_pin(account: Account, *, pin_id: str, voice: bool) -> None:
    """Send the same PIN again."""
    _show(
        account,
        account.call(
            lambda client: (
                client.two_factor.resend_pin_voice(pin_id) if voice else client.two_factor.resend_pin(pin_id)
            )
        ),
    )


@pin.command("verify")
@click.argument("pin_id", metavar="PIN-ID")
@click.option("--pin", "typed", prompt="PIN", hide_input=True, help="Asked for when it is not given.")
@account_options()
def verify_pin(account: Account, *, pin_id: str, typed: str) -> None:
    """Check a PIN; each try costs one of its attempts. Exit code 1: it is not the right one."""
    result = account.call(lambda client: client.two_factor.verify_pin(pin_id, typed))
    account.show(result)
    if not result.verified:
        sys.exit(NOT_VERIFIED)


def _show(account: Account, receipt: PinReceipt) -> None:
    account.show(receipt)
    if receipt.sms_status is not None and not receipt.is_sent:
        click.echo("not sent: the number is not reachable; --no-lookup does not ask first", err=True)
        sys.exit(NOT_VERIFIED)
