"""The gateway before its stand-ins, all well."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.standins import System, system


@pytest.fixture
async def well() -> AsyncIterator[System]:
    """A gateway whose neighbours all answer."""
    async with system() as made:
        yield made
