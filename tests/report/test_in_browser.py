"""The page in a browser: it loads alone, and its switches, search and filters work."""

from contextlib import asynccontextmanager
from datetime import UTC

import pytest
from browser import background, opened, overflow
from report_outcomes import (
    EXPIRED,
    NINE,
    UNDELIVERABLE,
    duplicate,
    figures,
    final,
    rejected,
    summary,
    unresolved,
)

from ants_async.report import Look, render

EVIL = "<img src=x onerror=alert(1)>"
NAMELESS = """
[...document.querySelectorAll("button, input, [role=img], [role=group], [role=region]")].filter((one) => {
  const named = (one.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
  const name = named.map((id) => document.getElementById(id)?.textContent).join("") || one.innerText;
  return !name && !one.labels?.length;
}).map((one) => one.outerHTML)
"""
BETWEEN = """
[...document.querySelectorAll("svg.chart")].map((chart) => {
  const labels = [...chart.querySelectorAll("text.tick, g.tick text")];
  const below = labels.filter((one) => one.getAttribute("y") > 200);
  const boxes = below.map((one) => one.getBoundingClientRect()).filter((box) => box.width);
  return boxes.slice(1).map((box, place) => box.left - boxes[place].right);
})
"""
OUTCOMES = [
    *(final(row=row, sent=row / 10, took=1 + row % 7) for row in range(200)),
    *(
        final(UNDELIVERABLE, row=row, to="66811111111", error="EC_ABSENT_SUBSCRIBER")
        for row in range(200, 240)
    ),
    *(final(EXPIRED, row=row) for row in range(240, 243)),
    rejected(243, status=None, error=EVIL),
    unresolved(244),
    duplicate(245),
]


@pytest.fixture
def shown(tmp_path):
    """The page of some outcomes, in a browser."""

    @asynccontextmanager
    async def show(outcomes=OUTCOMES, **options):
        path = tmp_path / "songkran.report.html"
        path.write_text(render(summary(), figures(*outcomes), Look(made_at=NINE, zone=UTC)), encoding="utf-8")
        async with opened(path.as_uri(), **options) as page:
            yield page
            assert page.requests == [path.as_uri()], "it asks for nothing but itself"
            assert page.complaints == []

    return show


async def rows(page):
    return await page.locator(".unreached tbody tr").count()


async def test_foreign_words_are_words(shown):
    async with shown() as page:
        await page.fill("#search", "onerror")
        assert await page.locator(".unreached tbody .code").all_inner_texts() == ["66812345678", EVIL, ""]
        assert await page.locator("img").count() == 0


async def test_the_table_is_searched_filtered_and_paged(shown):
    async with shown() as page:
        assert await rows(page) == 25
        assert await page.inner_text("#shown") == "1–25 of 45"
        await page.click("#next")
        assert await page.inner_text("#shown") == "26–45 of 45"
        await page.click("[data-fate=expired]")
        assert (await rows(page), await page.inner_text("#shown")) == (3, "1–3 of 3")
        await page.click("[data-fate='']")
        await page.fill("#search", "absent")
        assert await page.inner_text("#shown") == "1–25 of 40"
        await page.fill("#search", "66811111111")
        assert await page.inner_text("#shown") == "1–25 of 40"
        await page.fill("#search", "nobody")
        assert (await rows(page), await page.inner_text("#shown")) == (0, "Nothing found.")


async def test_the_language_is_switched_and_kept(shown):
    async with shown() as page:
        assert await page.locator("h2").first.inner_text() == "From the list to the phone"
        await page.click("[data-language=th]")
        assert await page.locator("h2").first.inner_text() == "จากรายชื่อถึงโทรศัพท์"
        assert await page.inner_text("#shown") == "1–25 จาก 45"
        assert await page.evaluate("document.documentElement.lang") == "th"
        page.requests.clear()
        await page.reload()
        assert await page.title() == "songkran · รายงานแคมเปญ"


async def test_colours_follow_the_system_until_they_are_switched(shown):
    async with shown(color_scheme="dark") as page:
        dark = await background(page)
        await page.click("[data-theme=light]")
        light = await background(page)
        assert light != dark
        await page.click("[data-theme=dark]")
        assert await background(page) == dark
        await page.click("[data-theme=light]")
        await page.click("[data-theme=auto]")
        assert await background(page) == dark


async def test_on_paper_it_is_light_and_without_buttons(shown):
    async with shown(color_scheme="dark") as page:
        await page.click("[data-theme=light]")
        light = await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
        await page.click("[data-theme=dark]")
        await page.emulate_media(media="print")
        assert (
            await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
            == light
        )
        assert not await page.is_visible(".switches")


@pytest.mark.parametrize("language", ["en", "th"])
async def test_it_fits_a_phone(shown, language):
    async with shown(viewport={"width": 360, "height": 740}) as page:
        await page.click(f"[data-language={language}]")
        assert await overflow(page) <= 0


@pytest.mark.parametrize("language", ["en", "th"])
@pytest.mark.parametrize("seconds", [31, 72, 90_000, 400_000])
async def test_labels_of_the_charts_do_not_touch_on_a_phone(shown, seconds, language):
    outcomes = [
        final(row=n, sent=seconds * n / 60, took=0.05 * (1 + seconds / 5) ** (n / 60)) for n in range(61)
    ]
    async with shown(outcomes, viewport={"width": 390, "height": 740}) as page:
        await page.click(f"[data-language={language}]")
        between = await page.evaluate(BETWEEN)
        assert all(between)
        assert min(pixels for chart in between for pixels in chart) >= 4


async def test_everything_is_reached_by_keyboard_and_has_a_name(shown):
    async with shown() as page:
        assert await page.evaluate(NAMELESS) == []
        await page.focus("[data-fate=rejected]")
        await page.keyboard.press("Enter")
        assert await page.inner_text("#shown") == "1–1 of 1"
        assert await page.locator("table:not(:has(caption))").count() == 0
        levels = await page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")
        assert levels[0] == "H1"
        assert set(levels[1:]) == {"H2"}
