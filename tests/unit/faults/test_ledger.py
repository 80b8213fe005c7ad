"""Runs that are kept, and the page that adds them up: neither must be kinder than the numbers."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.ledger import Circumstances, Run, append, from_line, latest, read, to_line
from tests.faults.oracle import Tally
from tests.faults.page import RUNS, markdown, write
from tests.faults.report import Figure, Result, Row

ABOUT = Circumstances("2026-11-27", "abc1234", "2 cores, RabbitMQ 3.10.8", 7, 1)
FIGURE = Figure("resumed", 2.5, "s", at_most=10)


def run(key: str = "E1", *, value: float = 2.5, lost: int = 0, on: str = "2026-11-27") -> Run:
    result = Result(Tally(1000, lost, 0, 0, 0), 3, 0, (replace(FIGURE, value=value),))
    return Run(replace(ABOUT, on=on), Row(key, "a fault", 40.0, result))


def broken_down() -> Run:
    return Run(ABOUT, Row("E1", "a fault", 9.0, None, "broke down: OSError: no port"))


@pytest.mark.parametrize("kept", [run(), run(lost=2), broken_down()])
def test_a_run_reads_as_it_was_written(kept: Run) -> None:
    assert from_line(to_line(kept)) == kept


def test_runs_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    """Who repeats the experiments over several days."""
    ledger = tmp_path / "runs.jsonl"
    assert read(ledger) == []
    append([run(on="2026-11-26")], ledger)
    append([run("E2"), broken_down()], ledger)
    assert read(ledger) == [run(on="2026-11-26"), run("E2"), broken_down()]


@pytest.mark.parametrize("line", ["{}", "[]", "oops", '{"row": {}, "circumstances": {}}'])
def test_a_line_that_is_no_run_is_named_by_its_number(line: str, tmp_path: Path) -> None:
    ledger = tmp_path / "runs.jsonl"
    ledger.write_text(f"{to_line(run())}\n{line}\n")
    with pytest.raises(ValueError, match="line 2"):
        read(ledger)


def test_the_last_runs_of_each_experiment_stand_in_the_order_of_their_keys() -> None:
    runs = [run("C1"), run("E10"), *(run("E2", value=value) for value in range(7))]
    chosen = latest(runs, RUNS)
    assert [same[0].row.key for same in chosen] == ["E2", "E10", "C1"]
    assert chosen[0] == runs[-5:]


def test_the_page_adds_counts_up_and_says_how_many_passed() -> None:
    lines = markdown([[run(), run(lost=2), broken_down()]]).splitlines()
    assert lines[2] == "| E1 | a fault | 1 of 3 | 2,000 | 2 | 0 | 0 | 0 | 6 | 0 | 40 |"
    assert "broke down: OSError: no port" in lines[4]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((2.5,), "* **E1** resumed: 2.5 s (at most 10 s)"),
        ((2.5, 1.25, 3), "* **E1** resumed: 1.25 to 3 s (at most 10 s)"),
        ((2.5, 12, 3), "* **E1** resumed: 2.5 to 12 s (at most 10 s)  <-- NOT KEPT"),
        ((12,), "* **E1** resumed: 12 s (at most 10 s)  <-- NOT KEPT"),
    ],
)
def test_a_figure_is_shown_from_the_least_to_the_most(values: tuple[float, ...], said: str) -> None:
    assert markdown([[run(value=value) for value in values]]).splitlines()[4] == said


def test_a_run_writes_between_the_pages_marks_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    marks = "<!-- begin: runs of `make faults{}` -->\nold\n<!-- end -->\n"
    page.write_text(f"before\n{marks.format('')}between\n{marks.format(' CONTROLS=1')}after\n")
    control = replace(run("C1", lost=9), row=replace(run("C1", lost=9).row, must_fail=True))
    write([run(), control], page)
    text = page.read_text()
    assert "old" not in text
    assert text.index("| E1 |") < text.index("between") < text.index("| C1 |") < text.index("after")
    assert "| C1 | a fault | 1 of 1 |" in text
