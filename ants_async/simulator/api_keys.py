"""API keys (manual section 6.4), and what each of them opens."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from secrets import compare_digest
from typing import Any, Final

from ants_async.simulator.messages import format_epoch
from ants_async.simulator.reading import Fields, Refusal, bad
from ants_async.simulator.state import Account

_PERMISSIONS: Final = ("ALL", "TFA")
_OWN: Final = "_"


class ApiKeys:
    """The account's keys."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self._account = account
        self._clock = clock
        self._account_key = account.new_key()
        self._keys: dict[str, dict[str, Any]] = {}

    def create(self, account_key: str, body: Any) -> dict[str, Any]:
        """POST …/api-keys."""
        self._check_account(account_key)
        new = self._account.new_key().lower()
        identity = {"key": self._account.new_key(), "publicApiKey": f"{new}-{self._account.new_id()}"}
        return self._put(identity, Fields(body))

    def list(self, account_key: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET …/api-keys, filtered by enabled, name and publicApiKey."""
        self._check_account(account_key)
        wanted = {name: query[name] for name in ("enabled", "name", "publicApiKey") if name in query}
        if wanted.get("enabled", "true") not in {"true", "false"}:
            raise bad("enabled", "must be true or false")
        return {"apiKeys": [key for key in self._keys.values() if _fits(key, wanted)]}

    def get(self, account_key: str, key: str) -> dict[str, Any]:
        """GET …/api-keys/{key}."""
        self._check_account(account_key)
        if key not in self._keys:
            raise Refusal(404, "API_KEY_NOT_FOUND", "Api key with given id cannot be found.")
        return self._keys[key]

    def update(self, account_key: str, key: str, body: Any) -> dict[str, Any]:
        """PUT …/api-keys/{key}."""
        known = self.get(account_key, key)
        return self._put({name: known[name] for name in ("key", "publicApiKey")}, Fields(body))

    def permissions(self, public_key: str, address: str | None) -> tuple[str, ...] | None:
        """What a public key may do now, from there; None when it opens nothing. Raises `Refusal`."""
        now = self._clock()
        found = [
            one
            for one in self._keys.values()
            if compare_digest(one["publicApiKey"].encode(), public_key.encode())
        ]
        if not found or not found[0]["enabled"]:
            return None
        key = found[0]
        starts, ends = (_epoch(key.get(name)) for name in ("validFrom", "validTo"))
        if (starts is not None and now < starts) or (ends is not None and now > ends):
            return None
        allowed = key.get("allowedIPs")
        if allowed is not None and address not in allowed:
            raise Refusal(403, "FORBIDDEN", "The request's address is not allowed for this API key.")
        return tuple(key["permissions"])

    def _put(self, identity: dict[str, Any], fields: Fields) -> dict[str, Any]:
        name = fields.needed("name")
        addresses, permissions = fields.texts("allowedIPs"), fields.texts("permissions")
        starts, ends = fields.moment("validFrom"), fields.moment("validTo")
        enabled = fields.flag("enabled")
        if any(not _is_address(one) for one in addresses or ()):
            raise bad("allowedIPs", "must be IP addresses")
        if any(one not in _PERMISSIONS for one in permissions or ()):
            raise bad("permissions", "must be ALL or TFA")
        key = {
            **identity,
            "accountKey": self._account_key,
            "name": name,
            "allowedIPs": addresses,
            "permissions": permissions or ["ALL"],
            "validFrom": None if starts is None else format_epoch(starts),
            "validTo": None if ends is None else format_epoch(ends),
            "enabled": True if enabled is None else enabled,
        }
        self._keys[identity["key"]] = {field: value for field, value in key.items() if value is not None}
        return self._keys[identity["key"]]

    def _check_account(self, account_key: str) -> None:
        if account_key not in {_OWN, self._account_key}:
            raise Refusal(404, "ACCOUNT_NOT_FOUND", "Account with given key cannot be found.")


def _fits(key: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all(str(key[name]).lower() == value.lower() for name, value in wanted.items())


def _epoch(text: str | None) -> float | None:
    return None if text is None else Fields({"date": text}).moment("date")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
