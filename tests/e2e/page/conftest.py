"""A real Chromium and a gateway to look at."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Error, async_playwright

from tests.backing import Backing
from tests.integration.gateway.running import System, system

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
async def chromium(backing: Backing) -> AsyncIterator[Browser]:
    """The machine's own Chromium; playwright does not look for it by itself."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=path, args=QUIET)
        except Error as error:
            backing.give_up("browser", f"no Chromium starts here ({error.message.splitlines()[0]})")
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def shown() -> AsyncIterator[System]:
    """A gateway on sample data."""
    async with system(sample_data=True) as made:
        yield made
