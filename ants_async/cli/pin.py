"""`ants-async pin`: PINs sent, sent again, and verified by hand."""

import sys
from typing import Any, Final

import click

from ants_async.cli.account import Account, account_options
from ants_async.cli.refusals import INTERRUPTED
from ants_async.client import AntsClient
from ants_async.models.two_factor import PinReceipt

NOT_VERIFIED: Final = 1
NOT_SENT: Final = 1


@click.group()
def pin() -> None:
    """Send, resend and verify PINs. Needs an API key: ANTS_API_KEY."""


@pin.command("send")
@click.argument("application_id", metavar="APP")
@click.argument("message_id", metavar="TEMPLATE")
@click.argument("to")
@click.option("--sender", help="In place of the template's.")
@click.option(
    "--lookup/--no-lookup",
    "nc_needed",
    default=None,
    help="Whether to ask first if the number can be reached. [API: it asks]",
)
@account_options()
def send_pin(account: Account, *, to: str, **options: Any) -> None:
    """Send a PIN to the number TO. Its PIN-ID is what `resend` and `verify` take.

    Exit code 1: it was held back.
    """
    receipt = account.call(
        lambda client: client.two_factor.send_pin(to=to, **options), look=["logs", "--to", to]
    )
    _show(account, receipt, "to send it all the same: --no-lookup")


@pin.command("resend")
@click.argument("pin_id", metavar="PIN-ID")
@click.option("--voice", is_flag=True, help="In a call.")
@account_options()
def resend_pin(account: Account, *, pin_id: str, voice: bool) -> None:
    """Send the same PIN again. Exit code 1: it was held back."""

    async def work(client: AntsClient) -> PinReceipt:
        if voice:
            return await client.two_factor.resend_pin_voice(pin_id)
        return await client.two_factor.resend_pin(pin_id)

    _show(account, account.call(work), "a new PIN goes out all the same with: pin send … --no-lookup")


@pin.command("verify")
@click.argument("pin_id", metavar="PIN-ID")
@click.argument("typed", metavar="[PIN]", required=False)
@account_options()
def verify_pin(account: Account, *, pin_id: str, typed: str | None) -> None:
    """Check a PIN; each try costs one of its attempts. Without PIN it is asked for, unseen.

    Exit code 1: it is not the right one.
    """
    wanted = _ask() if typed is None else typed
    # What was verified once may not be verifiable again: the answer that was lost is lost for good.
    result = account.call(
        lambda client: client.two_factor.verify_pin(pin_id, wanted), look=["pin", "resend", pin_id]
    )
    account.show(result)
    if not result.verified:
        sys.exit(NOT_VERIFIED)


def _ask() -> str:
    """The PIN, from whoever sits there, or from a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    try:
        found: str = click.prompt("PIN", hide_input=True, err=True)
    except click.Abort:  # to click that is exit code 1, which says here that a PIN was wrong
        sys.exit(INTERRUPTED)
    return found


def _show(account: Account, receipt: PinReceipt, advice: str) -> None:
    account.show(receipt)
    if receipt.sms_status is not None and not receipt.is_sent:
        click.echo(f"not sent: the number cannot be reached now; {advice}", err=True)
        sys.exit(NOT_SENT)
