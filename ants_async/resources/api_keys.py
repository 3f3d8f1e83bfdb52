"""API keys (manual section 6.4): only with user name and password, a key cannot manage keys."""

import attrs

from ants_async.endpoints import table
from ants_async.frames import forgetful
from ants_async.models.api_keys import ApiKey, ApiKeyPage, ApiKeyRequest
from ants_async.transport.transport import Transport

OWN_ACCOUNT = "_"


@attrs.frozen(slots=True)
class ApiKeys:
    """`client.api_keys`. `account_key` names a sub-account, `_` is one's own.

    With an API key every method raises `ConfigurationError`, and nothing is sent. Otherwise they raise
    `ValidationError`, `ApiError`, `TransportError`; `create` raises `OutcomeUnknown` for no clear answer.
    """

    _transport: Transport

    @forgetful
    async def create(self, request: ApiKeyRequest, *, account_key: str = OWN_ACCOUNT) -> ApiKey:
        """A new key. Manual section 6.4."""
        key: ApiKey = await self._transport.call(
            table.CREATE_API_KEY, request, path={"account_key": account_key}
        )
        return key

    @forgetful
    async def list(
        self,
        *,
        enabled: bool | None = None,
        name: str | None = None,
        public_api_key: str | None = None,
        account_key: str = OWN_ACCOUNT,
    ) -> tuple[ApiKey, ...]:
        """All keys, or those that the filters let through. Manual section 6.4."""
        query = {"enabled": enabled, "name": name, "publicApiKey": public_api_key}
        page: ApiKeyPage = await self._transport.call(
            table.LIST_API_KEYS,
            path={"account_key": account_key},
            query={
                field: str(value).lower() if isinstance(value, bool) else value
                for field, value in query.items()
                if value is not None
            },
        )
        return page.api_keys

    @forgetful
    async def get(self, key: str, *, account_key: str = OWN_ACCOUNT) -> ApiKey:
        """One key. Raises `NotFound`. Manual section 6.4."""
        found: ApiKey = await self._transport.call(
            table.GET_API_KEY, path={"account_key": account_key, "key": key}
        )
        return found

    @forgetful
    async def update(self, key: str, request: ApiKeyRequest, *, account_key: str = OWN_ACCOUNT) -> ApiKey:
        """Replace a key's settings; `enabled=False` locks it. Manual section 6.4."""
        updated: ApiKey = await self._transport.call(
            table.UPDATE_API_KEY, request, path={"account_key": account_key, "key": key}
        )
        return updated
