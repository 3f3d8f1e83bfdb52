"""Who may look: addresses, tokens, cookies, and what browsers are told."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from ants_async.errors import ValidationError
from ants_async.monitor import Door, new_token

TOKEN = "Kq3-wWn_0b7Zr1tYxU9"


def knocking(token=None, names=(), host="127.0.0.1:8080"):
    door = Door(PlainTextResponse("inside"), token=token, names=names)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=door), base_url=f"http://{host}")


class TestNames:
    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:8080", "192.0.2.7:80"]
    )
    async def test_a_number_or_localhost_is_let_in(self, host):
        async with knocking() as client:
            assert (await client.get("/", headers={"Host": host})).text == "inside"

    @pytest.mark.parametrize(
        "host",
        ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "[::1", "localhost:99999999"],
    )
    async def test_any_other_name_may_have_been_turned_to_us_and_is_not(self, host):
        async with knocking() as client:
            assert (await client.get("/", headers={"Host": host})).status_code == 421

    async def test_but_for_those_that_are_given(self):
        async with knocking(names=["Monitor.example"]) as client:
            assert (await client.get("/", headers={"Host": "monitor.example:80"})).text == "inside"

    @pytest.mark.parametrize(
        "name", ["http://me.example", "me.example:8080", "me.example/", "", "a b", "bücher.example", "[::1]"]
    )
    def test_one_that_no_browser_would_give_is_refused(self, name):
        with pytest.raises(ValidationError, match="is not valid: a host name without scheme or port"):
            Door(PlainTextResponse(""), names=[name])

    @pytest.mark.parametrize(
        "name", ["me", "me.example.", "my_box-2.example", "192.0.2.7", "::", "fe80::1%eth0"]
    )
    def test_host_names_and_numbers_are_names(self, name):
        assert Door(PlainTextResponse(""), names=[name])

    async def test_two_of_them_are_none(self):
        async with knocking() as client:
            headers = [("Host", "127.0.0.1"), ("Host", "evil.example")]
            assert (await client.get("/", headers=headers)).status_code == 421


class TestToken:
    async def test_without_it_nothing_is_shown(self):
        async with knocking(TOKEN) as client:
            refused = await client.get("/")
        assert (refused.status_code, "inside" in refused.text, TOKEN in refused.text) == (401, False, False)

    async def test_it_comes_once_in_the_address_and_then_as_a_cookie(self):
        async with knocking(TOKEN) as client:
            first = await client.get("/", params={"token": TOKEN})
            assert (first.status_code, first.headers["location"]) == (303, "/")
            cookie = first.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "samesite=lax" in cookie.lower()
            assert TOKEN not in cookie
            assert (await client.get("/")).text == "inside"

    async def test_the_cookie_of_another_token_is_none(self):
        async with knocking(new_token()) as other:
            assert (await other.get("/", params={"token": TOKEN})).status_code == 401
        async with knocking(TOKEN) as client, knocking(new_token()) as other:
            await client.get("/", params={"token": TOKEN})
            other.cookies = client.cookies
            assert (await other.get("/")).status_code == 401

    @pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + "x", "é\udcff"[:1], "\N{SNOWMAN}" * 20])
    async def test_another_one_is_refused(self, wrong):
        async with knocking(TOKEN) as client:
            assert (await client.get("/", params={"token": wrong})).status_code == 401

    async def test_it_leads_nowhere_else(self):
        async with knocking(TOKEN) as client:
            response = await client.get("http://127.0.0.1:8080//evil.example", params={"token": TOKEN})
        assert response.headers["location"] == "/"

    @pytest.mark.parametrize("weak", ["", "short", "a" * 15, "a" * 20 + " ", "ก" * 20, "a" * 20 + "&x=1"])
    def test_one_that_can_be_guessed_or_stands_in_no_address_is_none(self, weak):
        with pytest.raises(ValidationError, match="token: '…' is not valid: at least 16 letters"):
            Door(PlainTextResponse(""), token=weak)

    def test_a_new_one_is_a_good_one(self):
        assert Door(PlainTextResponse(""), token=new_token())
        assert new_token() != new_token()


class TestBrowsersAreTold:
    @pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
    async def test_to_run_nothing_foreign_to_keep_nothing_and_to_frame_it_nowhere(self, host):
        async with knocking() as client:
            headers = (await client.get("/", headers={"Host": host})).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
    async def test_that_there_is_only_to_look(self, method):
        async with knocking() as client:
            refused = await client.request(method, "/")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
