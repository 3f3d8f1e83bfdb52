"""The parts of programs that pages show: a page's run one after the other, against the simulator."""

import attrs
import httpx
import pages
import pytest
from example_programs import serving
from fragments import run, taken_for_granted

FRAGMENTS = [one for one in pages.blocks() if one.is_fragment]
PAGES = sorted({one.page for one in FRAGMENTS} - {"docs/scale-out.md"})  # tests/scaleout/test_page.py
WEB_APPS = [one for one in FRAGMENTS if '@app.post("/texts")' in one.code]


@pytest.mark.parametrize("page", PAGES)
async def test_the_fragments_of_a_page_run_one_after_the_other(page, tmp_path):
    async with taken_for_granted(tmp_path) as names:
        for block in FRAGMENTS:
            if block.page == page:
                await run(block, names)


@pytest.mark.parametrize("block", WEB_APPS, ids=str)
async def test_the_web_app_of_a_page_sends_a_text(block, tmp_path):
    async with taken_for_granted(tmp_path) as names:
        await run(block, names)
        async with serving(names["app"]) as url, httpx.AsyncClient(base_url=url, trust_env=False) as browser:
            answer = await browser.post("/texts", params={"to": "66847781470", "text": "Hi"})
    assert answer.json()["message_id"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("await client.sms.send('66847781470', 'Hi', form='ANTS')", TypeError),
        ("async for entry in client.logs.steam(): ...", AttributeError),
        ("dispatcher = Dispatcher(client)", TypeError),
        ("await clients.sms.send('66847781470', 'Hi')", NameError),
        ("async def tell(): await clients.sms.send('66847781470', 'Hi')", NameError),
        ("from ants_async import Despatcher", ImportError),
        ("await client.sms.send('a friend', 'Hi')", ValueError),
    ],
)
async def test_a_wrong_fragment_is_seen(code, error, tmp_path):
    block = attrs.evolve(FRAGMENTS[0], code=code)
    async with taken_for_granted(tmp_path) as names:
        with pytest.raises(error):
            await run(block, names)


async def test_a_wrong_fragment_is_shown_with_its_line_of_the_page(tmp_path):
    block = attrs.evolve(FRAGMENTS[0], page="docs/pin.md", line=40, code="pin = None\npin.verify()")
    async with taken_for_granted(tmp_path) as names:
        with pytest.raises(AttributeError) as raised:
            await run(block, names)
    last = raised.traceback[-1]
    assert (last.path, last.lineno + 1) == (pages.DOCS / "pin.md", 41)
