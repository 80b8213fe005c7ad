"""Reads the hand-written material: per language a lexicon, per subject its stories and sentences (TOML files)."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "material"
_LEXICON = "lexicon.toml"

Forms = str | dict[str, str]
"""A word as it stands in every sentence, or its forms by name (`nom` is the one without a name)."""


@dataclass(frozen=True, slots=True)
class NumberSpec:
    """Numbers from `low` to `high` in steps, divided by `divisor`, which leaves as many decimals as it has zeros."""

    low: int
    high: int
    step: int = 1
    divisor: int = 1


@dataclass(frozen=True, slots=True)
class Story:
    """One thing that happens: its titles, its first paragraphs, and what is known of it."""

    titles: tuple[str, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pools:
    """Sentences that stand alone: what is going on, who says what, how it came, what comes next."""

    detail: tuple[str, ...] = ()
    voice: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject in one language.

    Attributes:
        countries: where it can happen; empty for everywhere.
    """

    id: str
    label: str
    countries: tuple[str, ...]
    authors: tuple[str, ...]
    stories: tuple[Story, ...]
    pools: Pools
    words: dict[str, tuple[Forms, ...]]
    numbers: dict[str, NumberSpec]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A language's own words: countries with their places, calendar, way to write numbers, sentences for any subject."""

    language: str
    countries: dict[str, dict[str, Any]]
    months: tuple[str, ...]
    months_in: tuple[str, ...]
    weekdays: tuple[str, ...]
    seasons: tuple[str, ...]
    date_form: str
    thousands: str
    decimal: str
    words: dict[str, tuple[Forms, ...]]
    pools: Pools
    topics: dict[str, Topic] = field(default_factory=dict)


@cache
def lexicon(language: str) -> Lexicon:
    """Return a language's lexicon with all its topics."""
    raw = _read(FOLDER / language / _LEXICON)
    topics = {
        path.stem: _topic(path)
        for path in sorted((FOLDER / language).glob("*.toml"))
        if path.name != _LEXICON
    }
    return Lexicon(
        language=language,
        countries=raw["country"],
        months=tuple(raw["months"]),
        months_in=tuple(raw.get("months_in", raw["months"])),
        weekdays=tuple(raw["weekdays"]),
        seasons=tuple(raw["seasons"]),
        date_form=raw["date_form"],
        thousands=raw["thousands"],
        decimal=raw["decimal"],
        words=_words(raw.get("words", {})),
        pools=_pools(raw.get("pools", {})),
        topics=topics,
    )


def _topic(path: Path) -> Topic:
    raw = _read(path)
    return Topic(
        id=path.stem,
        label=raw["label"],
        countries=tuple(raw.get("countries", ())),
        authors=tuple(raw["authors"]),
        stories=tuple(
            Story(tuple(story["titles"]), tuple(story["leads"]), tuple(story.get("facts", ())))
            for story in raw["story"]
        ),
        pools=_pools(raw),
        words=_words(raw.get("words", {})),
        numbers={name: NumberSpec(*spec) for name, spec in raw.get("numbers", {}).items()},
    )


def _pools(raw: dict[str, Any]) -> Pools:
    return Pools(**{name: tuple(raw.get(name, ())) for name in ("detail", "voice", "context", "ahead")})


def _words(raw: dict[str, list[Forms]]) -> dict[str, tuple[Forms, ...]]:
    return {name: tuple(choices) for name, choices in raw.items()}


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
