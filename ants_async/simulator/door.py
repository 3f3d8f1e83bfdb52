"""What every request passes before its operation: rate, credentials, what they may do."""

from base64 import b64encode
from collections.abc import Callable
from math import floor
from secrets import compare_digest
from typing import Any, Final

from starlette.requests import Request

from ants_async.endpoints import Endpoint, Family
from ants_async.simulator.api_keys import ApiKeys
from ants_async.simulator.config import SimulatorConfig
from ants_async.simulator.reading import Refusal

_PIN_PATHS: Final = "/2fa/1/pin"
_UNAUTHORIZED: Final = "Invalid login details"


def throttled() -> Refusal:
    """Too many at once."""
    return Refusal(429, "THROTTLE_EXCEPTION", "Too many requests. Try again later.")


class Door:
    """Lets in who may come in, at the rate that is allowed."""

    def __init__(self, config: SimulatorConfig, keys: ApiKeys, clock: Callable[[], float]) -> None:
        self._rate = config.rate
        self._basic = "Basic " + b64encode(config.user.encode("latin-1")).decode()
        self._api_key = config.api_key
        self._keys = keys
        self._clock = clock
        self._window: tuple[int, int] = (0, 0)
        self.throttled = 0

    def check_rate(self) -> None:
        """A fixed window: so many requests in each period of the clock."""
        if self._rate is None:
            return
        window = floor(self._clock() / self._rate.period)
        count = self._window[1] if self._window[0] == window else 0
        if count >= self._rate.count:
            self.throttled += 1
            raise throttled()
        self._window = (window, count + 1)

    def check_authorization(self, request: Request, endpoint: Endpoint[Any]) -> None:
        """Basic opens all but PINs, which the manual gives to API keys; a key cannot manage keys."""
        given = request.headers.get("authorization", "")
        is_pin = endpoint.path.startswith(_PIN_PATHS)
        if compare_digest(given.encode(), self._basic.encode()):
            if is_pin:
                raise Refusal(401, "UNAUTHORIZED", "PINs are authorized with an API key: App <publicApiKey>")
            return
        scheme, _, public_key = given.partition(" ")
        allowed = self._permissions(request, public_key.strip()) if scheme == "App" else None
        if allowed is None:
            raise Refusal(401, "UNAUTHORIZED", _UNAUTHORIZED)
        if endpoint.needs_password:
            raise Refusal(403, "FORBIDDEN", "An API key cannot manage API keys.")
        if "ALL" not in allowed and not (is_pin and endpoint.family is Family.TWO_FACTOR):
            raise Refusal(403, "FORBIDDEN", "The API key may only send and verify PINs.")

    def _permissions(self, request: Request, public_key: str) -> tuple[str, ...] | None:
        if self._api_key and compare_digest(public_key.encode(), self._api_key.encode()):
            return ("ALL",)
        address = request.client.host if request.client else None
        return self._keys.permissions(public_key, address)
