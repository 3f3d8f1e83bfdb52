"""`ants-async keys`: API keys. Needs the account's user name and password; a key cannot manage keys."""

from typing import Any, Final

import attrs
import click

from ants_async.cli.account import Account, account_options, given, read_moment, with_options
from ants_async.cli.refusals import one_line_errors
from ants_async.client import AntsClient
from ants_async.models.api_keys import ApiKey, ApiKeyRequest, Permission

_COLUMNS: Final = ("name", "key", "publicApiKey", "permissions", "enabled", "validTo")
_sub_account = click.option("--account", "account_key", default="_", help="A sub-account's key.")


_settings = with_options(
    click.option("--allow-ip", "allowed_ips", multiple=True, help="May be given again. [default: any]"),
    click.option("--permission", "permissions", multiple=True, type=click.Choice(list(Permission))),
    click.option("--valid-from", help="2026-05-01T00:00:00+07:00"),
    click.option("--valid-to", help="2027-05-01T00:00:00+07:00"),
    click.option("--enabled/--disabled", default=None),
    _sub_account,
)


@click.group()
def keys() -> None:
    """API keys. Needs ANTS_USERNAME and ANTS_PASSWORD."""


@keys.command("list")
@click.option("--enabled/--disabled", default=None)
@click.option("--name")
@click.option("--public-api-key")
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
    """Create a key, and show it whole this once."""
    with one_line_errors():
        request = ApiKeyRequest(name=name, **_read(options))
    account.show(
        account.call(lambda client: client.api_keys.create(request, account_key=account_key)), reveal=True
    )


@keys.command("update")
@click.argument("key")
@click.option("--name")
@_settings
@account_options()
def update_key(account: Account, *, key: str, account_key: str, **options: Any) -> None:
    """Change a key; what is not given stays as it is. --disabled locks it."""

    async def change(client: AntsClient) -> ApiKey:
        known = await client.api_keys.get(key, account_key=account_key)
        changed = attrs.evolve(known, **_read(options))
        return await client.api_keys.update(key, changed, account_key=account_key)

    account.show(account.call(change))


def _read(options: dict[str, Any]) -> dict[str, Any]:
    """What was given, times read."""
    read = given(**{name: None if value == () else value for name, value in options.items()})
    for name in read.keys() & {"valid_from", "valid_to"}:
        read[name] = read_moment(name, read[name])
    return read
