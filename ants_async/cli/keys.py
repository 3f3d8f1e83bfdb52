"""`ants-async keys`: API keys. Needs the account's user name and password; a key cannot manage keys."""

from typing import Any, Final

import attrs
import click

from ants_async.cli.account import Account, account_options, with_options
from ants_async.cli.reading import given, moment, something_to_change
from ants_async.cli.refusals import one_line_errors
from ants_async.client import AntsClient
from ants_async.errors import ConfigurationError
from ants_async.models.api_keys import ApiKey, ApiKeyRequest, Permission

_COLUMNS: Final = {
    "name": "name",
    "key": "key",
    "public key": "publicApiKey",
    "permissions": "permissions",
    "enabled": "enabled",
    "allowed ips": "allowedIPs",
    "valid from": "validFrom",
    "valid to": "validTo",
}
_sub_account = click.option("--account", "account_key", default="_", help="A sub-account's key. [your own]")
_settings = with_options(
    click.option("--allow-ip", "allowed_ips", multiple=True, help="Only from here; may be given again."),
    click.option("--any-ip", is_flag=True, help="From anywhere."),
    click.option(
        "--permission",
        "permissions",
        multiple=True,
        type=click.Choice([one.value for one in Permission]),
        help="TFA only sends and verifies PINs. [API: ALL]",
    ),
    click.option("--valid-from", help="Not before: 2026-05-01T00:00:00+07:00."),
    click.option("--valid-to", help="Not after."),
    click.option("--enabled/--disabled", default=None, help="Whether it opens anything."),
    _sub_account,
)


@click.group()
def keys() -> None:
    """API keys. Needs ANTS_USERNAME and ANTS_PASSWORD."""


@keys.command("list")
@click.option("--enabled/--disabled", default=None, help="Only such.")
@click.option("--name", help="Only those of a name.")
@click.option("--public-api-key", help="Only that one.")
@_sub_account
@account_options()
def list_keys(account: Account, **filters: Any) -> None:
    """Show keys, cut short; --json has them whole."""
    account.show_all(account.call(lambda client: client.api_keys.list(**filters)), _COLUMNS)


@keys.command("get")
@click.argument("key")
@_sub_account
@account_options()
def get_key(account: Account, *, key: str, account_key: str) -> None:
    """Show one key, cut short; --json has it whole."""
    account.show(account.call(lambda client: client.api_keys.get(key, account_key=account_key)))


@keys.command("create")
@click.argument("name")
@_settings
@account_options()
def create_key(account: Account, *, name: str, account_key: str, **options: Any) -> None:
    """Create a key, and show it whole this once: later it is cut short, but for --json."""
    with one_line_errors():
        request = ApiKeyRequest(name=name, **_read(**options))
    created = account.call(
        lambda client: client.api_keys.create(request, account_key=account_key), look=["keys", "list"]
    )
    account.show(created, reveal=True)
    click.echo("keep it now: later it is shown cut short; ANTS_API_KEY takes the publicApiKey", err=True)


@keys.command("update")
@click.argument("key")
@click.option("--name", help="Another name.")
@_settings
@account_options()
def update_key(account: Account, *, key: str, account_key: str, **options: Any) -> None:
    """Change a key; what is not given stays as it is. --disabled locks it."""
    with one_line_errors():
        read = _read(**options)
        changes = {**read, "allowed_ips": None} if options["any_ip"] else something_to_change(read)

    async def change(client: AntsClient) -> ApiKey:
        known = await client.api_keys.get(key, account_key=account_key)  # for PUT replaces it as a whole
        changed = attrs.evolve(known, **changes)
        return await client.api_keys.update(key, changed, account_key=account_key)

    account.show(account.call(change))


def _read(
    *, valid_from: str | None, valid_to: str | None, any_ip: bool, allowed_ips: tuple[str, ...], **others: Any
) -> dict[str, Any]:
    """What was given, times read. Raises `ValidationError`, and `ConfigurationError` for contradictions."""
    if any_ip and allowed_ips:
        raise ConfigurationError("--any-ip and --allow-ip exclude each other")
    return given(
        **others,
        allowed_ips=allowed_ips,
        valid_from=None if valid_from is None else moment("--valid-from", valid_from),
        valid_to=None if valid_to is None else moment("--valid-to", valid_to),
    )
