"""`make faults`: breaks things on purpose, counts what was lost, prints one table.

python -m tests.faults [--quick] [--only 2,14] [--controls] [--jobs N] [--repeat N] [--seed N] [--write] [--keep DIR]
"""

import argparse
import asyncio
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from shared.telemetry import logging
from tests.faults import ledger, page
from tests.faults.attempt import attempt
from tests.faults.catalogue import Experiment, load
from tests.faults.report import Row, details, table
from tests.faults.rig import VERSIONS


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 0 when every row passed."""
    experiments = load()
    asked = _read(arguments, experiments)
    if asked.write and asked.quick:
        print("Short forms are not kept: --write goes with runs in full form only.", file=sys.stderr)
        return 2
    chosen = _choose(experiments, asked)
    if not chosen and asked.only == "help":
        print(f"The experiments:\n{_listed(experiments)}")
        return 0
    if not chosen:
        print(f"There is no experiment {asked.only}; there are\n{_listed(experiments)}", file=sys.stderr)
        return 2
    logging.configure("error", "console", "faults")
    folder = Path(asked.keep or tempfile.mkdtemp(prefix="silkwire-faults-"))
    began = time.monotonic()
    rows = uvloop.run(_run_all(chosen, asked, folder))
    print()
    print(table(rows))
    print()
    for row in rows:
        for line in details(row):
            print(f"{row.key}  {line}")
    failed = [row.key for row in rows if row.verdict == "FAIL"]
    alone = {one.key for one in chosen if one.alone or asked.jobs == 1}
    if by_themselves := [key for key in failed if key.partition(".")[0] in alone]:
        print(f"FAILED with nothing beside it: {', '.join(by_themselves)}")
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\n{len(rows)} experiments in {minutes} min {seconds} s, seed {asked.seed}.", end=" ")
    print(f"FAILED: {', '.join(failed)}" if failed else "All passed.")
    if asked.write:
        print(f"written: {_keep(rows, asked)}")
    if failed:
        print(f"What they left behind is in {folder}")
    elif not asked.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


def _keep(rows: Sequence[Row], asked: argparse.Namespace) -> Path:
    """Write the rows behind those of earlier runs, and the page from them all."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    about = ledger.Circumstances(
        on=f"{datetime.now(UTC):%Y-%m-%d}",
        tree=_tree(),
        versions=", ".join((machine, *sorted(VERSIONS))),
        seed=asked.seed,
        jobs=asked.jobs,
    )
    ledger.append(ledger.Run(about, replace(row, key=row.key.partition(".")[0])) for row in rows)
    return page.write(ledger.read())


def _tree() -> str:
    git = ("git", "describe", "--always", "--dirty=+", "--exclude=*")
    said = subprocess.run(git, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)  # noqa: S603  ours
    return said.stdout.strip() or "no git"


def _read(arguments: Sequence[str], experiments: Sequence[Experiment]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make faults",
        description="Breaks the system on purpose and counts what was lost.",
        epilog=f"experiments:\n{_listed(experiments)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="short forms, for every change")
    parser.add_argument("--only", default="", help="these experiments, such as 2,14 or C1")
    parser.add_argument("--controls", action="store_true", help="the runs that must lose something")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time; figures suffer from company")
    parser.add_argument("--repeat", type=int, default=1, help="how often each, with other seeds")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument(
        "--write",
        action="store_true",
        help="keep the rows in docs/reliability.jsonl, write docs/reliability.md",
    )
    parser.add_argument("--keep", default="", help="folder in which logs and data stay")
    return parser.parse_args(arguments)


def _listed(experiments: Sequence[Experiment]) -> str:
    return "\n".join(
        f"  {one.key:4} {one.title}{'' if one.quick else '  (not in the quick run)'}" for one in experiments
    )


def _choose(experiments: Sequence[Experiment], asked: argparse.Namespace) -> list[Experiment]:
    if asked.only:
        keys = {
            key if key[:1].isalpha() else f"E{key}" for key in asked.only.upper().replace(" ", "").split(",")
        }
        return [one for one in experiments if one.key in keys]
    return [one for one in experiments if one.control == asked.controls and (one.quick or not asked.quick)]


async def _run_all(chosen: Sequence[Experiment], asked: argparse.Namespace, folder: Path) -> list[Row]:
    runs = [(one, number) for one in chosen for number in range(asked.repeat)]
    room, done = asyncio.Semaphore(asked.jobs), 0

    async def run(one: Experiment, number: int) -> Row:
        nonlocal done
        async with room:
            key = one.key if asked.repeat == 1 else f"{one.key}.{number + 1}"
            row = await _run(one, number, asked, folder / key, f"{key} {one.title}")
        done += 1
        print(f"[{done}/{len(runs)}] {key} {one.title}: {row.verdict} in {row.seconds:.0f} s", flush=True)
        for line in details(row):
            print(f"    {line}", flush=True)
        return row

    rows = list(await asyncio.gather(*(run(one, number) for one, number in runs if not one.alone)))
    rows += [await run(one, number) for one, number in runs if one.alone]
    places = {one.key: place for place, one in enumerate(chosen)}
    return sorted(rows, key=lambda row: places[row.key.partition(".")[0]])


async def _run(one: Experiment, number: int, asked: argparse.Namespace, folder: Path, head: str) -> Row:
    live = sys.stderr.isatty()

    def say(what: str) -> None:
        if live:
            print(f"\r\x1b[2K{head}: {what}", end="", file=sys.stderr, flush=True)

    try:
        return await attempt(
            one, folder, quick=asked.quick, seed=asked.seed + number, say=say, keep=bool(asked.keep)
        )
    finally:
        if live:
            print("\r\x1b[2K", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
