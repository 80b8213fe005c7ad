"""docs/reliability.md: written from a run."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.report import Row, markdown
from tests.faults.rig import VERSIONS

PAGE = Path(__file__).resolve().parents[2] / "docs/reliability.md"
_BEGIN, _END = "<!-- begin: a run of `make faults` -->", "<!-- end -->"


def write(rows: Sequence[Row], *, repeat: int, seed: int) -> Path:
    """Put the rows into the page, between its marks; the text around them stays."""
    controls = all(row.must_fail for row in rows)
    begin = _BEGIN.replace("faults`", "faults CONTROLS=1`") if controls else _BEGIN
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin, 1)
    _old, after = rest.split(_END, 1)
    PAGE.write_text(f"{before}{begin}\n{_run(rows, repeat, seed)}\n{_END}{after}", encoding="utf-8")
    return PAGE


def _run(rows: Sequence[Row], repeat: int, seed: int) -> str:
    on = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"Run on {on}, {', '.join(sorted(VERSIONS))}, REPEAT={repeat}, seed {seed}.\n\n{markdown(rows)}"
