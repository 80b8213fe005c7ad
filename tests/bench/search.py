"""Our search beside MongoDB's `$text`, SQLite's FTS5 and Tantivy alone: `python -m tests.bench.search`.

All are given the same generated articles (`news.py`) and the same committed queries (`queries.txt`), each engine alone
on the machine: in a process of its own, ours as a service over HTTP on a MongoDB and a RabbitMQ of this program's.
BENCH_ARTICLES (100000,1000000) are the sizes, BENCH_ENGINES (text,fts5,tantivy,ours) who takes part, BENCH_ROUNDS (5)
how often the queries are asked. `$text` takes part up to 100,000 articles, and is asked once.
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import mean

from silkwire.backing import mongod
from tests.bench import own_search
from tests.bench.comparing import Asked, Engine, alone, ask, build
from tests.bench.fts5_engine import Fts5
from tests.bench.machine import begin, described, folder_bytes, own_mib, peak_mib, percentile, say
from tests.bench.mix import Line, read_mix, rounds
from tests.bench.mongo_text_engine import MongoText
from tests.bench.tantivy_engine import BareTantivy
from tests.faults.processes import Service

SIZES = [int(size) for size in os.environ.get("BENCH_ARTICLES", "100000,1000000").split(",")]
ENGINES = os.environ.get("BENCH_ENGINES", "text,fts5,tantivy,ours").split(",")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TEXT_UP_TO = 100_000

WORST_MS = 20.0
TIMES_BARE, PLUS_MS = 1.5, 1.5
TIMES_TEXT = 100.0


@dataclass(frozen=True)
class Row:
    """One engine's numbers."""

    name: str
    asked: Asked
    index_s: float
    bytes_per_article: float
    peak_mib: float

    def ms(self, like: "Row | None" = None) -> list[float]:
        """Return how long the queries took; with `like`, those that the other could be asked too."""
        wanted = self.asked.ms if like is None else like.asked.ms
        return [own for own, other in zip(self.asked.ms, wanted, strict=False) if own and other]


async def main() -> int:
    """Measure every size and print its tables."""
    mix = read_mix()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {described()}, SQLite {sqlite3.sqlite_version}, tantivy {version('tantivy')}"
    )
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="silkwire-bench-") as folder:
            rows = await _measure(Path(folder), size, mix)
        _print(size, mix, rows)
    return 0


async def _measure(folder: Path, size: int, mix: Sequence[Line]) -> dict[str, Row]:
    lines = rounds(mix, ROUNDS)
    rows: dict[str, Row] = {}
    if "fts5" in ENGINES:
        rows["fts5"] = _in_files("SQLite FTS5", Fts5, folder / "fts5.db", size, lines)
    if "tantivy" in ENGINES:
        rows["tantivy"] = _in_files("Tantivy alone", BareTantivy, folder / "tantivy", size, lines)
    if "text" in ENGINES and size <= TEXT_UP_TO:
        async with own_search.servers(folder / "text") as servers:
            rows["text"] = _text(servers.database, size, lines[: len(mix)])
    if "ours" in ENGINES:
        async with own_search.servers(folder / "ours") as servers:
            rows["ours"] = await _ours(servers, folder, size, lines)
    return rows


def _in_files(name: str, make: Callable[[str], Engine], where: Path, size: int, lines: Sequence[Line]) -> Row:
    say(f"{name}: {size:,} articles")
    built = alone(build, make, str(where), size)
    asked = alone(ask, make, str(where), lines[: len(lines) // ROUNDS], lines)
    took = folder_bytes(where) if where.is_dir() else where.stat().st_size
    return Row(name, asked, built.seconds, took / size, built.peak_mib)


def _text(database: mongod.Mongod, size: int, lines: Sequence[Line]) -> Row:
    say(f"MongoDB $text: {size:,} articles")
    built = alone(build, MongoText, database.uri, size)
    peak = peak_mib(database.process.pid)
    asked = alone(ask, MongoText, database.uri, lines[:5], lines)
    asked = replace(asked, own_mib=own_mib(database.process.pid))
    return Row("MongoDB $text", asked, built.seconds, MongoText(database.uri).bytes_per_article(), peak)


async def _ours(servers: own_search.Servers, folder: Path, size: int, lines: Sequence[Line]) -> Row:
    said = partial(_filled, size)
    seconds = await asyncio.to_thread(own_search.fill_record, servers.database.uri, size, said)
    say(f"ours: the record was written in {seconds:.0f} s; building the view")
    search = servers.search(folder)
    try:
        view = await own_search.build_view(search)
        asked = own_search.ask_over_http(search, lines[: len(lines) // ROUNDS], lines)
        say(f"ours: {await _in_index(search)}")
    finally:
        await search.close()
    record = own_search.record_bytes(servers.database.uri) / size
    say(
        f"ours: the view took {view.cpu_s:.0f} s of processor time; the record takes {record:.0f} bytes an article"
    )
    return Row("ours over HTTP", asked, view.seconds, own_search.view_bytes(folder) / size, view.peak_mib)


def _filled(size: int, done: int) -> None:
    say(f"ours: {done:,} of {size:,} articles are in the record", again=True)


async def _in_index(search: Service) -> str:
    await search.observe()
    seconds, count = search.gauge("search_query_seconds_sum"), search.gauge("search_query_seconds_count")
    return f"{1000 * seconds / count:.2f} ms of a query are spent in the index, on average"


def _print(size: int, mix: Sequence[Line], rows: dict[str, Row]) -> None:
    print(f"\n{size:,} articles; {len(mix)} queries, {ROUNDS} times\n")
    print(
        "| engine | p50 ms | p99 ms | longest ms | indexed in s | articles/s | bytes an article | memory MiB | building |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows.values():
        ms = row.ms()
        times = f"{percentile(ms, 0.5):.2f} | {percentile(ms, 0.99):.2f} | {max(ms):.1f}"
        index = f"{row.index_s:.0f} | {size / row.index_s:.0f} | {row.bytes_per_article:.0f}"
        print(f"| {row.name} | {times} | {index} | {row.asked.own_mib:.0f} | {row.peak_mib:.0f} |")
    _print_kinds(rounds(mix, ROUNDS), rows)
    for verdict in _verdicts(rows):
        print(verdict)


def _print_kinds(lines: Sequence[Line], rows: dict[str, Row]) -> None:
    """Print the p50 of each kind of query, and how many totals are the same as ours."""
    kinds = dict.fromkeys(line.kind for line in read_mix())
    print(f"\n| p50 ms of | {' | '.join(row.name for row in rows.values())} |\n|---|{'---|' * len(rows)}")
    for kind in kinds:
        of_kind = [
            [ms for ms, line in zip(row.asked.ms, lines, strict=False) if ms and line.kind == kind]
            for row in rows.values()
        ]
        print(f"| {kind} | {' | '.join(f'{percentile(ms, 0.5):.2f}' if ms else '-' for ms in of_kind)} |")
    if "ours" in rows:
        same = [_same_totals(row.asked, rows["ours"].asked) for row in rows.values()]
        print(f"| totals as ours | {' | '.join(same)} |")
    print()


def _same_totals(asked: Asked, ours: Asked) -> str:
    pairs = [(one, other) for one, other in zip(asked.totals, ours.totals, strict=False) if one is not None]
    return f"{100 * mean(one == other for one, other in pairs):.0f} %"


def _verdicts(rows: dict[str, Row]) -> list[str]:
    if "ours" not in rows:
        return []
    ours, told = rows["ours"], []
    p99 = percentile(ours.ms(), 0.99)
    told.append(_verdict(p99 <= WORST_MS, f"p99 {p99:.1f} ms, at most {WORST_MS:g} ms (at a million)"))
    if "tantivy" in rows:
        p50, bare = percentile(ours.ms(), 0.5), percentile(rows["tantivy"].ms(), 0.5)
        most = TIMES_BARE * bare + PLUS_MS
        told.append(
            _verdict(
                p50 <= most,
                f"p50 {p50:.2f} ms, at most {most:.2f} ms ({TIMES_BARE:g} x {bare:.2f} + {PLUS_MS:g})",
            )
        )
    if "text" in rows:
        text = rows["text"]
        shared = ours.ms(like=text)
        times = mean(text.ms()) / mean(shared)
        others = f"by p50 {percentile(text.ms(), 0.5) / percentile(shared, 0.5):.0f}, by p99 {percentile(text.ms(), 0.99) / percentile(shared, 0.99):.0f}"
        told.append(
            _verdict(
                times >= TIMES_TEXT,
                f"{times:.0f} times faster than $text over the {len(shared)} queries it knows ({others}), at least {TIMES_TEXT:g}",
            )
        )
    return told


def _verdict(kept: bool, what: str) -> str:
    return f"{'kept' if kept else 'NOT kept'}: {what}"


if __name__ == "__main__":
    begin()
    sys.exit(asyncio.run(main()))
