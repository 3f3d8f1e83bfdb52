"""The login of `examples/otp`: a browser's forms, over real sockets, against the simulator."""

import re
import sys
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path

import anyio
import httpx
import pytest
from example_programs import EXAMPLES, PROJECT, serving, started

from ants_async import AntsClient, ApplicationRequest, BasicAuth, PinConfiguration
from ants_async.simulator import Faults, Simulator, SimulatorConfig, running

pytest.importorskip("fastapi")
pytest.importorskip("jinja2")
pytest.importorskip("python_multipart")

CHROMIUM = Path("/usr/bin/chromium")
NUMBER = "081 234 5678"


class Clock:
    """Time that moves when it is told to."""

    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def example(monkeypatch):
    """The example's modules, as `uvicorn --app-dir` finds them."""
    monkeypatch.syspath_prepend(EXAMPLES / "otp")
    yield import_module
    for name in ("login", "pins", "safety", "sessions", "words"):
        sys.modules.pop(name, None)


@pytest.fixture
async def api(clock, monkeypatch):
    """A simulator on that clock, as the environment names it."""
    async with running(Simulator(SimulatorConfig(flooding_filter=False), clock)) as base_url:
        monkeypatch.setenv("ANTS_BASE_URL", base_url)
        monkeypatch.setenv("ANTS_API_KEY", "demo-key")
        for name in ("ANTS_USERNAME", "ANTS_PASSWORD", "OTP_APPLICATION_ID", "OTP_MESSAGE_ID"):
            monkeypatch.delenv(name, raising=False)
        yield base_url


class Browser:
    """What a browser does here: it keeps cookies, follows answers, and says where a form comes from."""

    def __init__(self, http, api):
        self.http = http
        self.api = api

    async def get(self, path="/"):
        return await self.http.get(path)

    async def post(self, path, **form):
        return await self.http.post(path, data=form)

    async def pin(self):
        """That of the last text."""
        return (await self.texts())[-1][:6]

    async def texts(self):
        page = await self.http.get(f"{self.api}/_simulator/messages", params={"limit": 1000})
        return [message["text"] for message in page.json()["messages"]]

    async def wrong_pin(self):
        return "".join("1" if digit != "1" else "2" for digit in await self.pin())


@pytest.fixture
async def browsing(api, clock, example):
    """Makes browsers of a service; `rules`: an application of one's own in place of the example's."""
    async with AsyncExitStack() as stack:

        async def open_one(language="en", **rules):
            generous = {"verify_pin_limit": "1000/1s", "send_pin_per_phone_number_limit": "1000/1d"}
            configuration = PinConfiguration(pin_attempts=3, pin_time_to_live="5m", **(generous | rules))
            async with AntsClient(api, BasicAuth("demo", "demo")) as client:
                await client.two_factor.applications.create(
                    ApplicationRequest(name=example("pins").NAME, configuration=configuration)
                )
            url = await stack.enter_async_context(serving(example("login").create_app(clock)))
            headers = {"Origin": url, "Accept-Language": language}
            http = httpx.AsyncClient(base_url=url, headers=headers, follow_redirects=True, trust_env=False)
            return Browser(await stack.enter_async_context(http), api)

        yield open_one


@pytest.fixture
async def browser(browsing):
    return await browsing()


class TestLogin:
    async def test_the_number_then_the_pin(self, browser):
        assert 'name="to"' in (await browser.get()).text
        asked = await browser.post("/number", to=NUMBER)
        assert "Sent to 081 234 5678." in asked.text
        done = await browser.post("/pin", pin=await browser.pin())
        assert "You are logged in as 081 234 5678." in done.text
        assert "You are logged in as" in (await browser.get()).text

    @pytest.mark.parametrize("typed", ["0812345678", "081-234-5678", "+66 81 234 5678", "66812345678"])
    async def test_a_number_as_people_write_it(self, browser, typed):
        assert "Sent to 081 234 5678." in (await browser.post("/number", to=typed)).text

    async def test_the_pin_in_thai_digits_and_with_spaces(self, browser):
        await browser.post("/number", to=NUMBER)
        thai = (await browser.pin()).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
        assert "logged in" in (await browser.post("/pin", pin=f" {thai[:3]} {thai[3:]} ")).text

    async def test_the_second_time_it_is_welcome_back(self, browser, clock):
        for welcome in ("Welcome<", "Welcome back<"):
            await browser.post("/number", to=NUMBER)
            assert welcome in (await browser.post("/pin", pin=await browser.pin())).text
            await browser.post("/logout")

    async def test_after_logout_the_old_cookie_is_worth_nothing(self, browser):
        await browser.post("/number", to=NUMBER)
        await browser.post("/pin", pin=await browser.pin())
        kept = browser.http.cookies["session"]
        await browser.post("/logout")
        browser.http.cookies.set("session", kept)
        assert 'name="to"' in (await browser.get()).text

    async def test_a_login_ends_by_itself(self, browser, clock, example):
        await browser.post("/number", to=NUMBER)
        await browser.post("/pin", pin=await browser.pin())
        clock.now += example("sessions").LIFETIME
        assert 'name="to"' in (await browser.get()).text


class TestMistakes:
    @pytest.mark.parametrize("typed", ["", "12", "021234567", "+1 202 555 0100", "0812345678901"])
    async def test_what_is_no_thai_mobile_number_costs_no_text(self, browser, typed):
        answer = await browser.post("/number", to=typed)
        assert answer.status_code == 422
        assert "does not look like a Thai mobile number" in answer.text
        assert await browser.texts() == []

    async def test_what_was_typed_stays_there_to_be_mended(self, browser):
        answer = await browser.post("/number", to='12"><script>')
        assert 'value="12&#34;&gt;&lt;script&gt;"' in answer.text

    async def test_a_wrong_pin_says_how_many_tries_are_left(self, browser):
        await browser.post("/number", to=NUMBER)
        for left in (2, 1):
            answer = await browser.post("/pin", pin=await browser.wrong_pin())
            assert answer.status_code == 422
            assert f"Tries left: {left}." in answer.text
        assert "logged in" in (await browser.post("/pin", pin=await browser.pin())).text

    async def test_what_cannot_be_a_pin_uses_up_no_try(self, browser):
        await browser.post("/number", to=NUMBER)
        for typed in ("", "12345", "abcdef", "²²²²²²"):
            assert "A PIN has 6 digits" in (await browser.post("/pin", pin=typed)).text
        assert "Tries left: 2." in (await browser.post("/pin", pin=await browser.wrong_pin())).text

    async def test_after_the_last_try_there_is_a_new_pin(self, browser, clock):
        await browser.post("/number", to=NUMBER)
        for _ in range(3):
            answer = await browser.post("/pin", pin=await browser.wrong_pin())
        assert "wrong too often" in answer.text
        assert 'name="pin"' not in answer.text
        assert (
            "please ask for a new one" in (await browser.post("/pin", pin=await browser.pin())).text.lower()
        )
        clock.now += 30
        old = await browser.pin()
        await browser.post("/again")
        assert await browser.pin() != old
        assert "logged in" in (await browser.post("/pin", pin=await browser.pin())).text

    async def test_an_expired_pin_says_so(self, browser, clock):
        await browser.post("/number", to=NUMBER)
        clock.now += 301
        answer = await browser.post("/pin", pin=await browser.pin())
        assert answer.status_code == 422
        assert "This PIN has expired." in answer.text
        await browser.post("/again")
        assert "logged in" in (await browser.post("/pin", pin=await browser.pin())).text

    async def test_a_pin_without_a_number_begins_again(self, browser):
        answer = await browser.post("/pin", pin="123456")
        assert answer.status_code == 409
        assert 'name="to"' in answer.text


class TestSendingAgain:
    async def test_too_soon_it_says_how_long_to_wait(self, browser, clock):
        await browser.post("/number", to=NUMBER)
        clock.now += 10
        answer = await browser.post("/again")
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "20"
        assert "You can ask again in 20 seconds." in answer.text
        assert 'data-wait="20"' in answer.text
        assert len(await browser.texts()) == 1

    async def test_then_the_same_pin_comes_again(self, browser, clock):
        await browser.post("/number", to=NUMBER)
        clock.now += 30
        assert (await browser.post("/again")).status_code == 200
        first, second = await browser.texts()
        assert first == second

    async def test_two_clicks_at_once_are_one_text(self, browser, clock):
        await browser.post("/number", to=NUMBER)
        clock.now += 30
        async with anyio.create_task_group() as clicks:
            clicks.start_soon(browser.post, "/again")
            clicks.start_soon(browser.post, "/again")
        assert len(await browser.texts()) == 2


class TestLimits:
    async def test_of_a_number(self, browsing):
        browser = await browsing(send_pin_per_phone_number_limit="1/1d")
        await browser.post("/number", to=NUMBER)
        await browser.post("/logout")
        answer = await browser.post("/number", to=NUMBER)
        assert answer.status_code == 429
        assert "Please try again in 24 hours." in answer.text
        assert "Sent to" in (await browser.post("/number", to="0812345679")).text

    async def test_of_tries(self, browsing):
        browser = await browsing(verify_pin_limit="1/1h")
        await browser.post("/number", to=NUMBER)
        await browser.post("/pin", pin=await browser.wrong_pin())
        pin = await browser.pin()
        answer = await browser.post("/pin", pin=pin)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 3000
        assert "Please try again in 60 minutes." in answer.text
        assert f'value="{pin}"' in answer.text, "nobody likes to type it twice"

    async def test_of_an_address(self, browser):
        for n in range(20):
            assert (await browser.post("/number", to=f"08123456{n:02}")).status_code == 200
        answer = await browser.post("/number", to="0812345699")
        assert answer.status_code == 429
        assert "Please try again in 60 minutes." in answer.text
        assert len(await browser.texts()) == 20


class TestNobodyLearnsWhatIsNotTheirs:
    async def test_a_number_with_an_account_is_answered_as_any_other(self, browsing, clock):
        browser = await browsing()
        await browser.post("/number", to=NUMBER)
        await browser.post("/pin", pin=await browser.pin())
        pages = []
        for number in (NUMBER, "089 999 9999"):
            await browser.post("/logout")
            answer = await browser.post("/number", to=number)
            pages.append((answer.status_code, answer.text.replace(number, "…")))
        assert pages[0] == pages[1]

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
    )
    async def test_a_form_of_another_site_does_nothing(self, browser, headers):
        answer = await browser.http.post("/number", data={"to": NUMBER}, headers=headers)
        assert answer.status_code == 403
        assert await browser.texts() == []

    async def test_what_does_not_say_where_it_comes_from_does_nothing(self, browser):
        del browser.http.headers["Origin"]
        assert (await browser.post("/number", to=NUMBER)).status_code == 403

    async def test_no_script_and_no_other_site_gets_the_session(self, browser):
        browser.http.follow_redirects = False
        cookie = (await browser.post("/number", to=NUMBER)).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie

    async def test_the_session_is_another_one_after_the_login(self, browser):
        await browser.post("/number", to=NUMBER)
        before = browser.http.cookies["session"]
        await browser.post("/pin", pin=await browser.pin())
        assert browser.http.cookies["session"] != before

    async def test_the_page_is_kept_nowhere_and_runs_nothing_of_others(self, browser):
        headers = (await browser.get()).headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


class TestLanguages:
    async def test_thai_where_the_browser_wants_neither(self, browsing):
        browser = await browsing(language="fr")
        page = await browser.get()
        assert '<html lang="th">' in page.text
        assert "ลองตรวจสอบอีกครั้ง" in (await browser.post("/number", to="12")).text

    async def test_as_chosen(self, browser):
        assert "เข้าสู่ระบบ" in (await browser.get("/language/th")).text
        assert "Log in" in (await browser.get("/language/en")).text
        assert "Log in" in (await browser.get("/language/xx")).text

    def test_both_say_the_same(self, example):
        thai, english = example("words").WORDS.values()
        assert thai.keys() == english.keys()
        for name, text in thai.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), name

    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(0.2, "1 second"), (2.1, "3 seconds"), (60, "60 seconds"), (61, "2 minutes"), (86400, "24 hours")],
    )
    def test_a_wait_is_never_said_too_short(self, example, seconds, said):
        assert example("words").waiting("en", seconds) == said


class TestWhenTheApiFails:
    async def test_what_it_refuses_is_no_fault_of_the_one_who_types(self, browsing, monkeypatch):
        monkeypatch.setenv("OTP_APPLICATION_ID", "gone")
        monkeypatch.setenv("OTP_MESSAGE_ID", "gone")
        answer = await (await browsing()).post("/number", to=NUMBER)
        assert answer.status_code == 502
        assert "We cannot send an SMS right now." in answer.text

    async def test_without_a_clear_answer_no_second_text_goes_out(self, browsing, monkeypatch):
        async with running(SimulatorConfig(faults=Faults(drop_after=1.0))) as api:
            monkeypatch.setenv("ANTS_BASE_URL", api)
            monkeypatch.setenv("OTP_APPLICATION_ID", "any")
            monkeypatch.setenv("OTP_MESSAGE_ID", "any")
            answer = await (await browsing()).post("/number", to=NUMBER)
        assert answer.status_code == 504
        assert "We cannot tell whether the SMS went out." in answer.text


def test_as_its_first_lines_say(tmp_path):
    with (
        started("ants_async", "simulate", "--port", "0", says="listening", cwd=tmp_path) as api,
        started(
            *("uvicorn", "--app-dir", str(EXAMPLES / "otp"), "login:app", "--port", "0"),
            says="Uvicorn running",
            cwd=PROJECT,
            ANTS_BASE_URL=api,
            ANTS_API_KEY="demo-key",
        ) as url,
        httpx.Client(base_url=url, headers={"Origin": url}, follow_redirects=True) as http,
    ):
        assert f"{api}/_simulator/messages" in http.get("/").text
        http.post("/number", data={"to": NUMBER})
        pin = httpx.get(f"{api}/_simulator/messages").json()["messages"][-1]["text"][:6]
        assert "เข้าสู่ระบบด้วยหมายเลข 081 234 5678 แล้ว" in http.post("/pin", data={"pin": pin}).text


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium is installed")
async def test_in_a_browser(browsing, clock):
    playwright = pytest.importorskip("playwright.async_api", reason="no playwright is installed")
    browser = await browsing(verify_pin_limit="1000/1s")
    async with playwright.async_playwright() as tools:
        chromium = await tools.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await chromium.new_page(locale="en-US", viewport={"width": 360, "height": 640})
        refused = []
        page.on(
            "console", lambda said: refused.append(said.text) if "Content Security" in said.text else None
        )
        await page.goto(str(browser.http.base_url))
        await page.get_by_label("Mobile number").fill(NUMBER)
        await page.get_by_role("button", name="Send PIN").click()
        again = page.get_by_role("button", name=re.compile(r"Send the PIN again \(0:\d\d\)"))
        assert await again.is_disabled()
        await page.get_by_label("6-digit PIN").fill(await browser.wrong_pin())
        await page.get_by_role("button", name="Log in").click()
        await page.get_by_role("alert").get_by_text("Tries left: 2.").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "fits a phone"
        await page.get_by_label("6-digit PIN").fill(await browser.pin())
        await page.get_by_role("button", name="Log in").click()
        await page.get_by_text("You are logged in as 081 234 5678.").wait_for()
        await chromium.close()
    assert refused == []
