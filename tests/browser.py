"""A browser without a window, for tests of pages; they are skipped where there is none."""

import shutil
from contextlib import asynccontextmanager

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@asynccontextmanager
async def opened(url, **options):
    """A page at an address; it notes what it asks of any network, and what it complains of."""
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(**options)
        page.requests, page.complaints = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        try:
            await page.goto(url)
            yield page
        finally:
            await browser.close()


async def background(page):
    """The colour of the page's paper."""
    return await page.evaluate("getComputedStyle(document.body).backgroundColor")


async def overflow(page):
    """How many pixels of the page lie beyond the right edge."""
    return await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
