"""Credentials: refused at construction, never shown."""

import pickle

import pytest

from ants_async.errors import ConfigurationError
from ants_async.settings import load_settings
from ants_async.transport.auth import ApiKeyAuth, BasicAuth

SECRET = "hunter2-topsecret"


def test_the_headers_are_the_manuals():
    assert BasicAuth("demo", "demo").header == "Basic ZGVtbzpkZW1v"
    assert ApiKeyAuth("7bd7d59c-fbaa").header == "App 7bd7d59c-fbaa"


@pytest.mark.parametrize("auth", [BasicAuth("user", SECRET), ApiKeyAuth(SECRET)])
def test_secrets_do_not_show(auth):
    assert SECRET not in f"{auth!r} {auth}"
    assert pickle.loads(pickle.dumps(auth)) == auth


@pytest.mark.parametrize("value", ["", "a\r\nX: y", "a\nb", "a\0b", "รหัส", " a", "a "])
def test_what_would_forge_a_header_is_refused_and_not_echoed(value):
    for make in (lambda: BasicAuth("user", value), lambda: ApiKeyAuth(value), lambda: BasicAuth(value, "x")):
        with pytest.raises(ConfigurationError) as caught:
            make()
        assert not value.strip() or value not in str(caught.value)


def test_what_is_refused_is_called_as_people_call_it():
    with pytest.raises(ConfigurationError, match="the API key must be printable"):
        ApiKeyAuth("รหัส")


def test_a_user_name_with_a_colon_would_move_the_password():
    with pytest.raises(ConfigurationError, match="colon"):
        BasicAuth("a:b", "c")


def test_settings_come_from_the_environment():
    settings = load_settings(environ={"ANTS_USERNAME": "u", "ANTS_PASSWORD": SECRET})
    assert (settings.base_url, settings.username, settings.password) == (
        "https://api.ants.co.th",
        "u",
        SECRET,
    )
    assert SECRET not in repr(settings)


def test_an_argument_goes_before_the_environment():
    settings = load_settings("https://a", {"ANTS_BASE_URL": "https://b", "ANTS_API_KEY": "k"})
    assert (settings.base_url, settings.api_key) == ("https://a", "k")


@pytest.mark.parametrize(
    "environ",
    [{}, {"ANTS_USERNAME": "u"}, {"ANTS_PASSWORD": "p"}, {"ANTS_API_KEY": "k", "ANTS_USERNAME": "u"}],
)
def test_missing_or_two_kinds_of_credentials_are_a_clear_error(environ):
    with pytest.raises(ConfigurationError, match="ANTS_USERNAME"):
        load_settings(environ=environ)
