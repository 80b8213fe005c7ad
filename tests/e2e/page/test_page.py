"""What a reader sees and does, wide and on a phone, with JavaScript and without."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from shared.testing.eventually import eventually
from tests.integration.gateway.running import System
from tests.integration.gateway.standins import TICKER

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 900}
PATHS = ["/", "/?q=taliban&country=KG&page=3", "/articles/article0001", "/rates", "/sources", "/nothing"]


@asynccontextmanager
async def look(browser: Browser, path: str, shown: System, **options: Any) -> AsyncIterator[Page]:
    context = await browser.new_context(**{"viewport": WIDE, **options})
    page = await context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    foreign: list[str] = []
    page.on(
        "request", lambda asked: foreign.append(asked.url) if not asked.url.startswith(shown.url) else None
    )
    await page.goto(shown.url + path)
    yield page
    await context.close()
    assert foreign == []
    assert [fault for fault in faults if "404" not in fault] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_search_shows_ticker_results_titles_and_excerpts(
    chromium: Browser, shown: System, *, scripts: bool
) -> None:
    async with look(chromium, "/?q=taliban", shown, java_script_enabled=scripts) as page:
        run = page.locator(".ticker-run").first
        assert [text.strip() for text in await run.locator("li").all_inner_texts()] == TICKER
        assert await page.get_by_text("Viewing results 1 - 6 of 248", exact=True).is_visible()
        assert await page.locator(".entry h2").count() == 6
        assert (await page.locator(".excerpt").first.inner_text()).endswith("rested...")
        assert await page.locator("#q").input_value() == "taliban"
        assert await page.get_by_text("sample data").is_visible()


async def test_the_marquee_is_filled_and_its_copies_are_not_read_aloud(
    chromium: Browser, shown: System
) -> None:
    """A screen reader meets each rate once; eyes meet no gap on the widest screen."""
    async with look(chromium, "/", shown, viewport={"width": 3840, "height": 1000}) as page:
        runs = page.locator(".ticker-run")
        count = await runs.count()
        hidden = [await runs.nth(number).get_attribute("aria-hidden") for number in range(count)]
        assert hidden == [None] + ["true"] * (count - 1)
        belt = await page.locator(".ticker-belt").bounding_box()
        window = await page.locator(".ticker-window").bounding_box()
        assert belt is not None
        assert window is not None
        assert belt["width"] / 2 >= window["width"]
        said = await page.locator(".ticker").aria_snapshot()
        assert said.count("KGS/USD") == 1


async def moves(page: Page) -> bool:
    script = """async () => {
        const belt = document.querySelector('.ticker-belt');
        const before = getComputedStyle(belt).transform;
        for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
        return getComputedStyle(belt).transform !== before;
    }"""
    return bool(await page.evaluate(script))


async def test_the_ticker_runs_and_can_be_paused_from_the_keyboard(chromium: Browser, shown: System) -> None:
    async with look(chromium, "/", shown) as page:
        assert await moves(page)
        await page.locator("#ticker-pause").focus()
        await page.keyboard.press("Space")

        async def stands() -> bool:
            return not await moves(page)

        await eventually(stands, what="the ticker's standing still")


async def test_the_ticker_stands_still_for_those_who_ask_for_less_motion(
    chromium: Browser, shown: System
) -> None:
    async with look(chromium, "/", shown, reduced_motion="reduce") as page:
        assert not await moves(page)
        assert await page.locator(".ticker-run").first.is_visible()
        assert not await page.locator(".ticker-run").nth(1).is_visible()


async def test_the_pager_leads_on_and_back_and_keeps_the_question(chromium: Browser, shown: System) -> None:
    async with look(chromium, "/?q=taliban", shown, java_script_enabled=False) as page:
        pager = page.get_by_role("navigation", name="Pages")
        assert await pager.get_by_role("link", name="Previous").count() == 0
        await pager.get_by_role("link", name="Next").click()
        await expect(page).to_have_url(f"{shown.url}/?q=taliban&page=2")
        await expect(page.get_by_text("Viewing results 7 - 12 of 248")).to_be_visible()
        await pager.get_by_role("link", name="Next").click()
        await expect(page.get_by_text("Viewing results 13 - 18 of 248")).to_be_visible()
        await pager.get_by_role("link", name="Previous").click()
        await expect(page).to_have_url(f"{shown.url}/?q=taliban&page=2")
        await pager.get_by_role("link", name="First").click()
        await expect(page).to_have_url(f"{shown.url}/?q=taliban")


async def test_a_reader_searches_filters_and_drops_the_filter(chromium: Browser, shown: System) -> None:
    async with look(chromium, "/", shown, java_script_enabled=False) as page:
        await page.get_by_label("Search the news").fill("silk road")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{shown.url}/?q=silk+road")
        await page.locator(".filters summary").click()
        await page.get_by_label("Country").select_option(label="Kyrgyzstan")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_label("Filters in force")).to_be_visible()
        assert shown.search.asked[-1].query_params["country"] == "KG"
        assert shown.search.asked[-1].query_params["q"] == "silk road"
        await page.get_by_role("link", name="drop this filter").click()
        await expect(page).to_have_url(f"{shown.url}/?q=silk+road")


async def test_a_title_leads_to_the_article_and_on_to_its_publisher(chromium: Browser, shown: System) -> None:
    async with look(chromium, "/", shown) as page:
        await page.get_by_role("link", name="Central Asia Asks: what comes after day 1?", exact=True).click()
        await expect(page).to_have_url(f"{shown.url}/articles/article0001")
        onward = page.get_by_role("link", name="Read on at steppe.example")
        assert await onward.get_attribute("href") == "https://steppe.example/1"


@pytest.mark.parametrize("width", [320, 360, 390])
async def test_a_phone_needs_no_sideways_scrolling(chromium: Browser, shown: System, width: int) -> None:
    async with look(chromium, "/", shown, viewport={"width": width, "height": 740}) as page:
        for path in PATHS:
            await page.goto(shown.url + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_the_keyboard_reaches_the_content_at_once(chromium: Browser, shown: System) -> None:
    async with look(chromium, "/", shown) as page:
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        inside = "document.querySelector('main').contains(document.activeElement)"
        assert await page.evaluate(inside)


CONTRAST = """() => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    const rgba = colour => {
        pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b]
        .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255, 255];
    };
    const poor = [];
    for (const element of document.querySelectorAll('body *')) {
        const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!own || element.closest('.off, svg, .hidden') || !element.getClientRects().length) continue;
        const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) poor.push(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
    }
    return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_from_its_ground(chromium: Browser, shown: System, scheme: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    async with look(chromium, "/", shown, color_scheme=scheme) as page:
        for path in PATHS:
            await page.goto(shown.url + path)
            assert await page.evaluate(CONTRAST) == [], path
