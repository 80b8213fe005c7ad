"""Recorded documents of banks, and days made of them that were not recorded."""

from pathlib import Path

import pytest


@pytest.fixture
def recorded(conformance_data: Path) -> Path:
    """The folder of recorded answers, one folder a bank."""
    return conformance_data / "rates"
