"""What commits of a view cost by how many articles are in each: `python -m tests.bench.view_commits`.

BENCH_ARTICLES (3,000) are applied to an empty view of 64 MB of writer's memory, so many at once; processor time of this process,
and of the threads in which Tantivy merges segments. Merges that are still to come after the last commit are waited for.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from search.adapters.tantivy_view import TantivyView
from search.domain.article import Article
from tests.bench.machine import begin, described
from tests.bench.news import article

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "3000"))
AT_ONCE = (10, 20, 50, 100, 200, 1000)
HEAP_BYTES = 64 * 1024 * 1024
_TICKS = os.sysconf("SC_CLK_TCK")


async def main() -> int:
    """Measure and print."""
    told = [article(number, ARTICLES) for number in range(ARTICLES)]
    await _applied(told, ARTICLES)  # The words are met for the first time: not counted.
    print(f"{datetime.now(UTC):%Y-%m-%d}, {described()}; {ARTICLES:,} articles\n")
    print("| articles in a commit | CPU ms an article | of it merging |\n|---:|---:|---:|")
    for at_once in AT_ONCE:
        whole_s, merging_s = await _applied(told, at_once)
        print(
            f"| {at_once} | {1000 * whole_s / ARTICLES:.2f} | {1000 * merging_s / ARTICLES:.2f} |", flush=True
        )
    return 0


async def _applied(told: Sequence[Article], at_once: int) -> tuple[float, float]:
    """Return the processor seconds of applying articles, so many in a commit, and those of merging among them."""
    with tempfile.TemporaryDirectory(prefix="silkwire-bench-") as name:
        view = TantivyView(Path(name) / "index", HEAP_BYTES)
        await view.open()
        began_s, merging_s = time.process_time(), _merging_s()
        for start in range(0, len(told), at_once):
            await view.apply(told[start : start + at_once])
            await view.commit()
        # The threads of an index end with it: what they took is read before, and once they are idle.
        seen_s = -1.0
        while (now_s := _merging_s()) != seen_s:
            seen_s = now_s
            await asyncio.sleep(0.3)
        whole_s = time.process_time() - began_s
        await view.close()
    return whole_s, seen_s - merging_s


def _merging_s() -> float:
    """Return the processor seconds of this process's threads that merge, so far."""
    ticks = 0
    for thread in Path("/proc/self/task").iterdir():
        told, _, numbers = (thread / "stat").read_text().rpartition(")")
        if "merge_thread" in told:
            ticks += sum(map(int, numbers.split()[11:13]))
    return ticks / _TICKS


if __name__ == "__main__":
    begin()
    sys.exit(asyncio.run(main()))
