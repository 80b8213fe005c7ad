"""docs/reliability.jsonl: every run in full form that was to be kept, one line for each experiment; never rewritten.

Five runs of everything take some four hours. They need not be made at one sitting: the page adds up what stands here.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.oracle import Tally
from tests.faults.report import Figure, Result, Row

LEDGER = Path(__file__).resolve().parents[2] / "docs/reliability.jsonl"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a run was made on.

    Attributes:
        on: its day, as 2026-11-27.
        tree: abbreviated commit, with `+` behind it where files had been changed.
        versions: of the machine and its servers.
        seed: what chance began with.
        jobs: how many experiments ran at a time.
    """

    on: str
    tree: str
    versions: str
    seed: int
    jobs: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one experiment."""

    circumstances: Circumstances
    row: Row


def to_line(run: Run) -> str:
    """Return a run as one line of JSON."""
    return json.dumps(asdict(run), ensure_ascii=False, separators=(",", ":"))


def from_line(line: str) -> Run:
    """Return the run that a line tells of.

    Raises:
        ValueError: it is no such line.
    """
    try:
        read: dict[str, Any] = json.loads(line)
        row = read["row"]
        return Run(Circumstances(**read["circumstances"]), Row(**{**row, "result": _result(row["result"])}))
    except (KeyError, TypeError) as error:
        message = f"no run of an experiment: {line[:80]}"
        raise ValueError(message) from error


def _result(read: dict[str, Any] | None) -> Result | None:
    if read is None:
        return None
    figures = tuple(Figure(**figure) for figure in read["figures"])
    return Result(**{**read, "tally": Tally(**read["tally"]), "figures": figures})


def append(runs: Iterable[Run], to: Path = LEDGER) -> None:
    """Write runs behind those that are there."""
    with to.open("a", encoding="utf-8") as ledger:
        ledger.writelines(f"{to_line(run)}\n" for run in runs)


def read(of: Path = LEDGER) -> list[Run]:
    """Return all runs, oldest first; none where there is no ledger yet.

    Raises:
        ValueError: a line cannot be read; the message has its number.
    """
    if not of.exists():
        return []
    runs = []
    for number, line in enumerate(of.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            runs.append(from_line(line))
        except ValueError as error:
            message = f"{of.name}, line {number}: {error}"
            raise ValueError(message) from error
    return runs


def latest(runs: Sequence[Run], times: int) -> list[list[Run]]:
    """Return each experiment's last runs, at most so many, in the order of its key; a failed one counts like any other."""
    by_key: dict[str, list[Run]] = {}
    for run in runs:
        by_key.setdefault(run.row.key, []).append(run)
    return [by_key[key][-times:] for key in sorted(by_key, key=lambda key: (key[0] != "E", int(key[1:])))]
