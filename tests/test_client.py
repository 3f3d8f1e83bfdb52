"""One account: from arguments, then from the environment; nothing that shows it shows a secret."""

import pickle

import httpx
import pytest

from ants_async import AntsClient, BasicAuth, ConfigurationError, RetryPolicy, ValidationError
from ants_async.endpoints import Family
from ants_async.settings import load_settings

ACCOUNT = {"ANTS_USERNAME": "anna", "ANTS_PASSWORD": "s3cret"}


@pytest.fixture
def environment(monkeypatch):
    """Sets these variables and no others of ours."""

    def make(**variables):
        for name in ("ANTS_BASE_URL", "ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return make


def recording(requests):
    def answer(request):
        requests.append(request)
        return httpx.Response(200, json={"balance": 1, "currency": "THB"})

    return httpx.MockTransport(answer)


async def sent(**options):
    """The request that `from_env` leads to."""
    requests = []
    async with AntsClient.from_env(transport=recording(requests), rate=None, **options) as client:
        await client.account.balance()
    return requests[0]


async def test_from_the_environment_with_a_password(environment):
    environment(**ACCOUNT)
    request = await sent()
    assert request.url == "https://api.ants.co.th/account/1/balance"
    assert request.headers["Authorization"] == "Basic YW5uYTpzM2NyZXQ="


async def test_from_the_environment_with_a_key_and_an_address(environment):
    environment(ANTS_API_KEY="k3y", ANTS_BASE_URL="https://sms.example.com/")
    request = await sent()
    assert request.url.host == "sms.example.com"
    assert request.headers["Authorization"] == "App k3y"


async def test_an_argument_goes_before_the_environment(environment):
    environment(**ACCOUNT, ANTS_BASE_URL="https://sms.example.com")
    assert (await sent(base_url="https://other.example.com")).url.host == "other.example.com"


@pytest.mark.parametrize(
    "variables", [{}, {"ANTS_USERNAME": "anna"}, {**ACCOUNT, "ANTS_API_KEY": "k3y"}], ids=len
)
def test_no_credentials_or_two_kinds_are_refused_naming_the_variables(variables):
    with pytest.raises(ConfigurationError, match="ANTS_API_KEY") as caught:
        load_settings(environ=variables)
    assert "s3cret" not in str(caught.value)


async def test_no_environment_proxy_and_no_netrc(environment, monkeypatch):
    environment(**ACCOUNT)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert (await sent()).url.host == "api.ants.co.th"


async def test_nothing_that_shows_a_client_shows_its_secrets():
    async with AntsClient("http://localhost", BasicAuth("anna", "s3cret")) as client:
        assert repr(client) == "AntsClient('http://localhost')"
        assert "s3cret" not in repr(vars(client))
        assert set(client.limiters) == set(Family)


@pytest.mark.parametrize("setting", ["attempts", "deadline", "base", "cap", "budget"])
def test_a_retry_policy_refuses_what_is_negative_naming_it(setting):
    with pytest.raises(ValidationError, match=setting):
        RetryPolicy(**{setting: -1})


def test_errors_survive_the_way_between_processes():
    error = ValidationError("to", "12", "an international number")
    back = pickle.loads(pickle.dumps(error))
    assert (back.field, back.value, back.rule, str(back)) == (error.field, "12", error.rule, str(error))
