"""`silkwire backfill`."""

from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from shared.contracts.http.backfills import BackfillAnswer
from shared.contracts.http.problem import ProblemAnswer
from silkwire import backfill
from silkwire.cli import app
from silkwire.errors import StartError
from silkwire.sources.client import Ingest, _refusal

RUNNING = BackfillAnswer(
    id="job1", url="https://a.kg/", source="a", state="running", dry_run=False,
    started_at=datetime(2026, 9, 22, tzinfo=UTC), pages=3, pages_left=2, new=40, known=5, undated=1, older=2,
    unusable=0, failed=1, detail="timeout: 20 s",
)  # fmt: skip


def test_how_far_it_is_stands_in_one_line() -> None:
    assert backfill.line_of(RUNNING) == (
        "job1 running: 3 pages read, 2 to go; 40 new, 5 known, 3 left out, 1 pages failed (timeout: 20 s)"
    )


def test_an_address_or_a_backfill_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "find", _somewhere)
    done = CliRunner().invoke(app, ["backfill"])
    assert isinstance(done.exception, StartError)
    assert "either an address or a backfill" in str(done.exception)


def test_a_backfill_that_is_none_is_not_looked_for_among_sources() -> None:
    """Each refusal leads to where the way out is."""
    for kind, way in (
        ("unknown-backfill", "its id is the first word of what `silkwire backfill` prints"),
        ("unknown-source", "the ids: silkwire sources list"),
    ):
        problem = ProblemAnswer(
            type=f"urn:silkwire:problem:{kind}", title="Unknown", status=404, detail="No.", instance="/v1"
        )
        told = _refusal(httpx2.Response(404, content=problem.model_dump_json()), shown=True)
        assert told.way_out == (way,)


def _somewhere(url: str | None, data: Path | None, environment: object) -> Ingest:
    del url, data, environment
    return Ingest("http://127.0.0.1:9", "token")
