"""Where settings come from: arguments first, then the environment."""

import os
from collections.abc import Mapping

import attrs

from ants_async.errors import ConfigurationError
from ants_async.frames import forgetful

DEFAULT_BASE_URL = "https://api.ants.co.th"


@attrs.frozen(slots=True)
class Settings:
    """An account's address and credentials, as text; secrets stay out of repr."""

    base_url: str
    username: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    api_key: str | None = attrs.field(default=None, repr=False)


@forgetful
def load_settings(base_url: str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """`ANTS_BASE_URL`, and `ANTS_API_KEY` or `ANTS_USERNAME` with `ANTS_PASSWORD`.

    Raises `ConfigurationError` when there are no credentials, or two kinds of them.
    """
    env = os.environ if environ is None else environ
    username, password, api_key = (
        env.get(name) or None for name in ("ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY")
    )
    if api_key and (username or password):
        raise ConfigurationError("set ANTS_API_KEY or ANTS_USERNAME and ANTS_PASSWORD, not both")
    if not api_key and not (username and password):
        raise ConfigurationError("no credentials: set ANTS_USERNAME and ANTS_PASSWORD, or ANTS_API_KEY")
    return Settings(base_url or env.get("ANTS_BASE_URL") or DEFAULT_BASE_URL, username, password, api_key)
