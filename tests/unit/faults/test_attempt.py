"""One experiment of the fault runner: whatever happens to it, there is a row, and the disk does not fill."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.faults.attempt import ROOM_BYTES, attempt
from tests.faults.catalogue import Experiment
from tests.faults.oracle import Tally
from tests.faults.report import Result, Row
from tests.faults.rig import Plan

PASSED = Result(Tally(10, 0, 0, 0, 0), doubled_deliveries=0, dead=0)
FAILED = Result(Tally(10, 1, 0, 0, 0), doubled_deliveries=0, dead=0)


def experiment(run: Callable[[Plan], Awaitable[Result]]) -> Experiment:
    return Experiment("E1", "a fault", run, quick=True, control=False, limit_s=5, alone=False)


def leaving(result: Result) -> Experiment:
    async def run(plan: Plan) -> Result:
        (plan.folder / "data").write_bytes(b"much")
        return result

    return experiment(run)


async def attempted(one: Experiment, folder: Path, *, keep: bool = False) -> Row:
    return await attempt(one, folder, quick=True, seed=1, say=lambda _what: None, keep=keep)


async def test_what_an_experiment_left_is_removed_once_it_passed(tmp_path: Path) -> None:
    row = await attempted(leaving(PASSED), tmp_path / "E1")
    assert (row.key, row.verdict) == ("E1", "pass")
    assert not (tmp_path / "E1").exists()


@pytest.mark.parametrize(("result", "keep"), [(FAILED, False), (PASSED, True)])
async def test_what_failed_and_what_was_asked_for_stays_to_be_looked_at(
    tmp_path: Path, result: Result, keep: bool
) -> None:
    await attempted(leaving(result), tmp_path / "E1", keep=keep)
    assert (tmp_path / "E1" / "data").exists()


async def test_what_broke_down_is_a_row_even_where_its_folder_cannot_be_written(tmp_path: Path) -> None:
    async def run(plan: Plan) -> Result:
        shutil.rmtree(plan.folder)
        raise OSError(28, "No space left on device")

    row = await attempted(experiment(run), tmp_path / "E1")
    assert row.verdict == "FAIL"
    assert "No space left on device" in row.trouble


async def test_a_folder_that_cannot_be_made_is_a_row_too(tmp_path: Path) -> None:
    """A disk may be so full that it has no room for a folder; or something else has its name."""
    (tmp_path / "E1").write_bytes(b"")
    row = await attempted(leaving(PASSED), tmp_path / "E1")
    assert row.verdict == "FAIL"
    assert "E1" in row.trouble


async def test_an_experiment_is_not_begun_on_a_full_disk_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(free=ROOM_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    row = await attempted(leaving(PASSED), tmp_path / "E1")
    assert row.verdict == "FAIL"
    assert f"{tmp_path}" in row.trouble
    assert "TMPDIR" in row.trouble
