"""`ants-async apps` and `templates`: what PINs are sent by, and with which words."""

from collections.abc import Callable
from typing import Any, Final

import attrs
import click

from ants_async.cli.account import Account, account_options, with_options
from ants_async.cli.reading import given, something_to_change
from ants_async.cli.refusals import one_line_errors
from ants_async.client import AntsClient
from ants_async.models.two_factor import (
    Application,
    ApplicationRequest,
    PinConfiguration,
    PinType,
    Template,
    TemplateRequest,
    VoiceLanguage,
)

_APP_COLUMNS: Final = {
    "id": "applicationId",
    "name": "name",
    "enabled": "enabled",
    "attempts": "configuration.pinAttempts",
    "time to live": "configuration.pinTimeToLive",
    "sends a number": "configuration.sendPinPerPhoneNumberLimit",
}
_TEMPLATE_COLUMNS: Final = {
    "id": "messageId",
    "pin": "pinType",
    "length": "pinLength",
    "sender": "senderId",
    "text": "messageText",
}
_RULES: Final = tuple(field.name for field in attrs.fields(PinConfiguration) if field.name != "extra")


_rules = with_options(
    click.option("--enabled/--disabled", default=None, help="Whether it sends PINs at all."),
    click.option("--process-id"),
    click.option("--pin-attempts", type=int, metavar="N", help="Tries for one PIN. [API: 10]"),
    click.option("--pin-time-to-live", metavar="SPAN", help="How long a PIN is good. [API: 15m]"),
    click.option("--verify-pin-limit", metavar="LIMIT", help="Tries by one number. [API: 1/3s]"),
    click.option("--send-pin-per-application-limit", metavar="LIMIT", help="PINs in all. [API: 10000/1d]"),
    click.option("--send-pin-per-phone-number-limit", metavar="LIMIT", help="PINs a number. [API: 3/1d]"),
    click.option(
        "--allow-multiple-pin-verifications/--verify-once",
        default=None,
        help="Whether a verified PIN can be verified again. [API: it can]",
    ),
)


def _template_options(*, new: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What a template says; a new one has defaults."""
    return with_options(
        click.option("--message-text", required=new, help="The text; holds the placeholder."),
        click.option(
            "--pin-placeholder", default="<pin>" if new else None, help="Where the PIN goes, e.g. <pin>."
        ),
        click.option(
            "--pin-type",
            type=click.Choice([one.value for one in PinType]),
            default="NUMERIC" if new else None,
        ),
        click.option("--pin-length", type=int, default=4 if new else None, help="Characters of the PIN."),
        click.option("--sender-id", help="The sender shown on the phone."),
        click.option(
            "--language",
            metavar="CODE",
            type=click.Choice([one.value for one in VoiceLanguage]),
            help=f"For voice: {', '.join(VoiceLanguage)}.",
        ),
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
    account.show(
        account.call(lambda client: client.two_factor.applications.create(request), look=["apps", "list"])
    )


@apps.command("update")
@click.argument("application_id", metavar="ID")
@click.option("--name")
@_rules
@account_options()
def update_app(account: Account, *, application_id: str, **options: Any) -> None:
    """Change an application; what is not given stays as it is."""
    with one_line_errors():
        changes = something_to_change(options)
        _changed(ApplicationRequest(name="any"), dict(changes))  # refuse now what no application can have

    async def change(client: AntsClient) -> Application:
        known = await client.two_factor.applications.get(application_id)  # for PUT replaces it as a whole
        return await client.two_factor.applications.update(application_id, _changed(known, changes))

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
    account.show(
        account.call(
            lambda client: client.two_factor.templates.create(application_id, request),
            look=["templates", "list", application_id],
        )
    )


@templates.command("update")
@click.argument("application_id", metavar="APP")
@click.argument("message_id", metavar="ID")
@_template_options(new=False)
@account_options()
def update_template(account: Account, *, application_id: str, message_id: str, **options: Any) -> None:
    """Change a template; what is not given stays as it is."""
    with one_line_errors():
        changes = something_to_change(options)

    async def change(client: AntsClient) -> Template:
        known = await client.two_factor.templates.get(application_id, message_id)
        changed = attrs.evolve(known, **changes)
        return await client.two_factor.templates.update(application_id, message_id, changed)

    account.show(account.call(change))
