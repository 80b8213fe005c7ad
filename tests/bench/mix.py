"""The committed mix of queries: what is asked of our search, and how engines with other languages are asked the same."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from search.api.parameters import SearchParameters
from shared.query import Query, Words

PAGE_SIZE = 6


@dataclass(frozen=True)
class Line:
    """One query of the mix.

    Attributes:
        kind: what sort of query it is: one word, two, a phrase, ...
        q: the query, as typed.
        more: further parameters, each with its values.
    """

    kind: str
    q: str
    more: dict[str, list[str]]

    @property
    def path(self) -> str:
        """How search is asked over HTTP."""
        return f"/v1/search?{urlencode({'q': self.q, **self.more}, doseq=True)}"

    @cached_property
    def parameters(self) -> SearchParameters:
        """What search reads of it."""
        single = {"sort", "page", "after", "before"}
        more = {name: values[0] if name in single else values for name, values in self.more.items()}
        return SearchParameters.model_validate({"q": self.q, **more})

    @cached_property
    def query(self) -> Query:
        """The query under its filters; read beforehand for engines that have no such language of their own."""
        return self.parameters.query()

    @property
    def start(self) -> int:
        """How many results come before the page that is asked for."""
        return (self.parameters.page - 1) * PAGE_SIZE

    @property
    def ranked(self) -> bool:
        """Whether the best come first; else the newest."""
        return self.parameters.sort == "relevance" and bool(self.query.groups)


def read_mix() -> list[Line]:
    """Return the queries of `queries.txt`."""
    lines = Path(__file__).with_name("queries.txt").read_text(encoding="utf-8").splitlines()
    mix = [_line(line) for line in lines if line and not line.startswith("#")]
    assert all(line.query for line in mix)
    return mix


def rounds(mix: Sequence[Line], count: int) -> list[Line]:
    """Return the mix so many times, each time in another order; the same for every engine."""
    dice = random.Random(count)  # noqa: S311  a bench, no secret
    return [line for _ in range(count) for line in dice.sample(mix, len(mix))]


def spoken(words: Words) -> list[str]:
    """Return the words of a query as they were typed, for engines that fold and stem for themselves."""
    return words.shown.removeprefix("title:").strip('"').removesuffix("*").lower().split()


def _line(text: str) -> Line:
    kind, q, more = (part.strip() for part in text.split("|"))
    given: dict[str, list[str]] = {}
    for pair in more.split():
        name, _, value = pair.partition("=")
        given.setdefault(name, []).append(value)
    return Line(kind, q, given)
