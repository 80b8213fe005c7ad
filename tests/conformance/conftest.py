"""Where the data with known answers is: never copied into the project, read in place."""

import os
from pathlib import Path

import pytest

_KEY = "SILKWIRE_CONFORMANCE_DATA"
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def conformance_data() -> Path:
    """The folder that SILKWIRE_CONFORMANCE_DATA names, else `shared/data` beside the repository."""
    folder = Path(os.environ.get(_KEY) or _BESIDE)
    if not folder.is_dir():
        pytest.skip(f"the data with known answers is not here: {folder} is no folder; set {_KEY}")
    return folder
