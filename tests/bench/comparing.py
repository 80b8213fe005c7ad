"""What every engine of the comparison must do, and how one is built and asked: each time in a process of its own."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import ParamSpec, Protocol, TypeVar

from pydantic import TypeAdapter

from search.domain.article import Article
from shared.query.grammar import FilterField, filter_key
from tests.bench.machine import own_mib, peak_mib
from tests.bench.mix import Line
from tests.bench.news import article

CHUNK = 1000

Given = ParamSpec("Given")
Value = TypeVar("Value")

_entry: TypeAdapter[Article] = TypeAdapter(Article)


class Engine(Protocol):
    """An index in files or in a server."""

    def add(self, articles: Sequence[Article]) -> None:
        """Index articles, which come oldest first; durable when this returns."""
        ...

    def finish(self) -> None:
        """Do what is left once all articles are there."""
        ...

    def answer(self, line: Line) -> int | None:
        """Fetch the page that a query asks for; return the exact total, or None when it cannot be asked here."""
        ...


@dataclass(frozen=True)
class Built:
    """What it took to build an index: seconds without the making of the articles, the builder's greatest memory."""

    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Asked:
    """What came of asking: for each query in order its milliseconds and its total, None where it cannot be asked."""

    ms: list[float | None]
    totals: list[int | None]
    own_mib: float


def alone(work: Callable[Given, Value], *args: Given.args, **kwargs: Given.kwargs) -> Value:
    """Do some work in a new process, so that its memory is its own and nobody's interpreter lock is in its way."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def build(make: Callable[[str], Engine], where: str, size: int) -> Built:
    """Index all articles of a size."""
    engine, seconds = make(where), 0.0
    for start in range(0, size, CHUNK):
        chunk = [article(number, size) for number in range(start, min(start + CHUNK, size))]
        began = time.perf_counter()
        engine.add(chunk)
        seconds += time.perf_counter() - began
    began = time.perf_counter()
    engine.finish()
    return Built(seconds + time.perf_counter() - began, peak_mib())


def ask(make: Callable[[str], Engine], where: str, warming: Iterable[Line], lines: Sequence[Line]) -> Asked:
    """Ask queries one after the other, some beforehand to warm up."""
    engine = make(where)
    return ask_engine(engine.answer, lambda total: total, warming, lines, own_mib)


def ask_engine(
    answer: Callable[[Line], Value],
    total_of: Callable[[Value], int | None],
    warming: Iterable[Line],
    lines: Sequence[Line],
    memory: Callable[[], float],
) -> Asked:
    """Ask queries of something that answers them.

    Args:
        answer: what is measured.
        total_of: reads the total of an answer, which is not measured.
        warming: asked first and not measured.
        lines: asked then.
        memory: tells at the end what memory it all took, in MiB.
    """
    for line in warming:
        answer(line)
    ms: list[float | None] = []
    totals: list[int | None] = []
    for line in lines:
        began = time.perf_counter()
        answered = answer(line)
        took = (time.perf_counter() - began) * 1000
        total = total_of(answered)
        ms.append(None if total is None else took)
        totals.append(total)
    return Asked(ms, totals, memory())


def entry_of(told: Article) -> bytes:
    """Return what a page shows of an article; every engine stores the same, as our view does."""
    return _entry.dump_json(told.listed())


def keys_of(told: Article) -> dict[FilterField, list[str]]:
    """Return the values that filters compare."""
    given: dict[FilterField, Sequence[str | None]] = {
        "source": (told.source.id, told.source.name),
        "outlet": (told.outlet,),
        "country": (told.source.country,),
        "language": (told.language,),
        "topic": told.topics,
    }
    return {name: [filter_key(name, value) for value in values if value] for name, values in given.items()}
