"""The gateway before its stand-ins, all well."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.running import System, system


@pytest.fixture(scope="session")
async def well() -> AsyncIterator[System]:
    """One gateway for all tests that only read; its neighbours all answer."""
    async with system() as made:
        yield made


@pytest.fixture
async def own() -> AsyncIterator[System]:
    """A gateway of the test's own, whose neighbours it may take away."""
    async with system() as made:
        yield made
