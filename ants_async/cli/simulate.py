"""`ants-async simulate`: the API as a local server."""

import signal
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import anyio
import click

from ants_async.cli.refusals import one_line_errors
from ants_async.errors import ValidationError
from ants_async.extras import needing_extra
from ants_async.models.limits import RateLimit, TimeSpan

if TYPE_CHECKING:
    from ants_async.simulator import SimulatorConfig

_USER: Final = "demo:demo"
_KEY: Final = "demo-key"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one."
)
@click.option("--rate", help="Requests over this are answered 429, e.g. 200/1s.")
@click.option("--latency", default=None, help="Added to every answer, e.g. 20ms.")
@click.option("--delivery-time", default="2s", show_default=True, help="Until a final status, on average.")
@click.option("--seed", default=1, show_default=True, help="Equal seeds, equal fates.")
@click.option("--user", default=_USER, show_default=True, help="NAME:PASSWORD of the account.")
@click.option("--api-key", default=_KEY, show_default=True, help="A public API key of the account.")
@click.option("--balance", default="1000000", show_default=True)
@click.option("--unreachable", default="", help="Numbers whose phone is off, separated by commas.")
@click.option("--flooding-filter/--no-flooding-filter", default=True, show_default=True)
@click.option(
    "--faults", default="", help="Shares of requests: drop-before=0.01,drop-after=0.02,500=0.01,slow=0.01"
)
def simulate(  # noqa: PLR0917 - click hands over one argument an option
    host: str,
    port: int,
    rate: str | None,
    latency: str | None,
    delivery_time: str,
    seed: int,
    user: str,
    api_key: str,
    balance: str,
    unreachable: str,
    flooding_filter: bool,
    faults: str,
) -> None:
    """The ANTS API as a local server, with state; nothing leaves this machine."""
    with one_line_errors():
        with needing_extra("simulator"):
            from ants_async.simulator import Faults, SimulatorConfig  # noqa: PLC0415 - --help needs no server
        config = SimulatorConfig(
            rate=None if rate is None else RateLimit(rate, field="--rate"),
            latency=0.0 if latency is None else TimeSpan(latency, field="--latency").seconds,
            delivery_time=TimeSpan(delivery_time, field="--delivery-time").seconds,
            seed=seed,
            user=user,
            api_key=api_key,
            balance=_amount(balance),
            unreachable=[number for number in unreachable.split(",") if number],
            flooding_filter=flooding_filter,
            faults=Faults.parse(faults),
        )
        anyio.run(_serve_until_signal, config, host, port)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValidationError("--balance", text, "an amount like 1000000")
    return amount


async def _serve_until_signal(config: "SimulatorConfig", host: str, port: int) -> None:
    from ants_async.simulator import running  # noqa: PLC0415

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with running(config, host=host, port=port) as url:
            click.echo(f"listening on {url}")
            if (config.user, config.api_key) == (_USER, _KEY):
                click.echo(f"  export ANTS_BASE_URL={url} ANTS_USERNAME=demo ANTS_PASSWORD=demo")
                click.echo(f"  PINs want ANTS_API_KEY={_KEY} in place of the two")
            click.echo(f"  what it took, PINs too: {url}/_simulator/messages?offset=-20")
            async for _ in signals:
                return
