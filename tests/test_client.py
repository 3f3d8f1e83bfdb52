"""One account: from arguments, then from the environment; nothing that shows it shows a secret."""

import math
import pickle

import httpx
import pytest

from ants_async import (
    AdaptiveRate,
    AntsClient,
    ApiKeyAuth,
    BasicAuth,
    ConfigurationError,
    Family,
    FixedRate,
    PinConfiguration,
    PinLimitReached,
    RateLimit,
    RetryPolicy,
    ValidationError,
)
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


def test_a_bare_secret_is_no_credentials_and_is_not_told():
    with pytest.raises(ConfigurationError, match="BasicAuth") as caught:
        AntsClient("http://localhost", "hunter2")
    assert "hunter2" not in str(caught.value)


async def test_no_environment_proxy_and_no_netrc(environment, monkeypatch):
    environment(**ACCOUNT)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert (await sent()).url.host == "api.ants.co.th"


async def test_it_can_be_closed_where_no_block_ends():
    client = AntsClient("http://localhost", BasicAuth("anna", "s3cret"))
    await client.aclose()
    with pytest.raises(ConfigurationError, match="this client is closed"):
        await client.account.balance()


async def test_nothing_that_shows_a_client_shows_its_secrets():
    async with AntsClient("http://localhost", BasicAuth("anna", "s3cret")) as client:
        assert repr(client) == "AntsClient('http://localhost')"
        assert client.address == "this machine"
        assert "s3cret" not in repr(vars(client))
        assert set(client.limiters) == set(Family)


def limiters(rate):
    return AntsClient("http://localhost", BasicAuth("anna", "s3cret"), rate=rate).limiters


def test_each_family_has_its_own_rate_and_those_not_named_learn_theirs():
    own = FixedRate(RateLimit("5/1s"))
    given = limiters({Family.SEND: "100/1s", Family.LOGS: own, Family.REPORTS: None})
    assert [given[family].rate for family in (Family.SEND, Family.REPORTS)] == [100, math.inf]
    assert given[Family.LOGS] is own
    learning = [family for family, one in given.items() if isinstance(one, AdaptiveRate)]
    assert learning == [Family.TWO_FACTOR, Family.ACCOUNT]


def test_one_rate_is_for_each_family_and_one_limiter_for_all():
    assert len(set(map(id, limiters("100/1s").values()))) == len(Family)
    assert len(set(map(id, limiters(FixedRate(RateLimit("5/1s"))).values()))) == 1


@pytest.mark.parametrize("rate", [{"sends": "100/1s"}, {Family.SEND: "fast"}])
def test_a_mapping_of_rates_refuses_what_is_none(rate):
    with pytest.raises(ValidationError, match=r"rate: '(sends|fast)'"):
        limiters(rate)


async def test_pins_are_counted_by_whom_the_client_is_told():
    class Full:
        async def take(self, uses, *, wait):
            raise PinLimitReached("ours", "1/1d", retry_after=7)

    options = {"transport": recording([]), "pin_limits": Full()}
    async with AntsClient("http://localhost", ApiKeyAuth("k3y"), **options) as client:
        client.two_factor.use_configuration("A", PinConfiguration())
        with pytest.raises(PinLimitReached, match="ours of 1/1d"):
            await client.two_factor.send_pin(application_id="A", message_id="M", to="66847781470")


@pytest.mark.parametrize("setting", ["attempts", "deadline", "base", "cap", "budget"])
def test_a_retry_policy_refuses_what_is_negative_naming_it(setting):
    with pytest.raises(ValidationError, match=setting):
        RetryPolicy(**{setting: -1})


def test_errors_survive_the_way_between_processes():
    error = ValidationError("to", "12", "an international number")
    back = pickle.loads(pickle.dumps(error))
    assert (back.field, back.value, back.rule, str(back)) == (error.field, "12", error.rule, str(error))
