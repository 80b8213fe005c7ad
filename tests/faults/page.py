"""docs/reliability.md: the last runs of each experiment in the ledger, added up."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.faults.ledger import Run, latest
from tests.faults.report import HEADINGS, Figure

PAGE = Path(__file__).resolve().parents[2] / "docs/reliability.md"
RUNS = 5
"""How many runs of an experiment the page adds up."""

_BEGIN, _END = "<!-- begin: runs of `make faults{}` -->", "<!-- end -->"


def write(runs: Sequence[Run], page: Path = PAGE) -> Path:
    """Put the last runs of each experiment into the page, between its marks; the text around them stays.

    Args:
        runs: all that the ledger has, oldest first.
        page: the page.
    """
    text = page.read_text(encoding="utf-8")
    for form, wanted in (("", False), (" CONTROLS=1", True)):
        chosen = latest([run for run in runs if run.row.must_fail == wanted], RUNS)
        begin = _BEGIN.format(form)
        before, rest = text.split(begin, 1)
        _old, after = rest.split(_END, 1)
        text = f"{before}{begin}\n{markdown(chosen)}\n{_END}{after}"
    page.write_text(text, encoding="utf-8")
    return page


def markdown(experiments: Sequence[Sequence[Run]]) -> str:
    """Return a table with a line for each experiment, and below it what was measured and what went wrong."""
    head = (*HEADINGS[:2], "passed", *HEADINGS[2:-1])
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * 3}{'--:|' * (len(head) - 3)}"]
    lines += [f"| {' | '.join(_cells(runs))} |" for runs in experiments]
    said = [
        f"* **{runs[0].row.key}** {'; '.join(details)}" for runs in experiments if (details := _details(runs))
    ]
    return "\n".join([*lines, "", *said, *(["", _circumstances(experiments)] if experiments else [])])


def _cells(runs: Sequence[Run]) -> tuple[str, ...]:
    rows = [run.row for run in runs]
    results = [row.result for row in rows if row.result is not None]
    tallies = [result.tally for result in results]
    counts = (
        *(sum(tally.attempted for tally in tallies), sum(tally.lost for tally in tallies)),
        *(sum(tally.unexpected for tally in tallies), sum(tally.wrong for tally in tallies)),
        *(
            sum(tally.doubled_effects for tally in tallies),
            sum(result.doubled_deliveries for result in results),
        ),
        sum(result.dead for result in results),
    )
    passed = sum(row.verdict == "pass" for row in rows)
    return (
        *(rows[-1].key, rows[-1].title, f"{passed} of {len(rows)}"),
        *(f"{count:,}" for count in counts),
        f"{median(row.seconds for row in rows):.0f}",
    )


def _details(runs: Sequence[Run]) -> list[str]:
    figures: dict[str, list[Figure]] = {}
    for run in runs:
        for figure in run.row.result.figures if run.row.result else ():
            figures.setdefault(figure.name, []).append(figure)
    troubles = [f"{run.circumstances.on}: {run.row.trouble}" for run in runs if run.row.trouble]
    return [_range(same) for same in figures.values()] + troubles


def _range(figures: Sequence[Figure]) -> str:
    """Say the least and the most of a figure, by the bounds of its last run; a value that broke its own bound is marked."""
    least, most = (chosen(figures, key=lambda figure: figure.value) for chosen in (min, max))
    said = str(figures[-1]).removesuffix(_NOT_KEPT)
    name, _, last = said.partition(": ")
    value, bound, rest = last.partition(" (")
    unit = f" {figures[-1].unit}" if figures[-1].unit else ""
    if least.value != most.value:
        value = f"{least.value:,.4g} to {most.value:,.4g}{unit}"
    return f"{name}: {value}{bound}{rest}{'' if all(figure.kept for figure in figures) else _NOT_KEPT}"


_NOT_KEPT = "  <-- NOT KEPT"


def _circumstances(experiments: Sequence[Sequence[Run]]) -> str:
    every = [run.circumstances for runs in experiments for run in runs]
    days = sorted({one.on for one in every})
    first = f"from {days[0]} to {days[-1]}" if len(days) > 1 else f"on {days[0]}"
    return (
        f"Run {first}, on {'; '.join(sorted({one.versions for one in every}))}; of each experiment the last {RUNS} runs, counts "
        f"added up, seconds their median, figures from the least to the most. One by one, with trees and seeds: "
        f"[reliability.jsonl](reliability.jsonl)."
    )
