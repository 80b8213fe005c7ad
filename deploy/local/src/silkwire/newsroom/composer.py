"""Writes one article from a topic's material: the story, then what is going on, who says what, and what comes next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from silkwire.newsroom.dice import Dice
from silkwire.newsroom.material import Forms, Lexicon, NumberSpec, Topic

LONG_WORDS = 520
"""A long article has at least so many words, so that its excerpt is cut."""

_SLOT = re.compile(r"\{([a-z_]+?)([0-9]?)(?:\.([a-z]+))?\}")
_WORD = re.compile(r"\{[a-z_]+|\w{4,}")
_FRESH = frozenset({"date", "date_ahead"})
"""Slots that are chosen anew each time: two things rarely happen on the same day."""
_PLACES = ("city", "region", "river")


class Size(Enum):
    """How an article is built: which pool gives how many sentences to each paragraph behind the first two."""

    SHORT = (("detail", 2), ("voice", 1), ("ahead", 1))
    MEDIUM = (("detail", 2), ("voice", 1), ("detail", 2), ("context", 2), ("ahead", 1))
    LONG = (
        ("detail", 4),
        ("voice", 1),
        ("detail", 4),
        ("context", 4),
        ("voice", 2),
        ("detail", 3),
        ("context", 4),
        ("ahead", 3),
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written; the first paragraph says it all in short."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written.

    Attributes:
        topic: the subject.
        story: which of the topic's stories, counted round.
        country: where it happens, a code that the lexicon knows.
        size: how much.
        published_at: the day that "on Monday" is told from.
    """

    lexicon: Lexicon
    topic: Topic
    story: int
    country: str
    size: Size
    published_at: datetime


def compose(order: Order, dice: Dice) -> Draft:
    """Write an article; no sentence of it comes twice."""
    story = order.topic.stories[order.story % len(order.topic.stories)]
    slots = _Slots(order, dice)
    title = dice.pick(story.titles)
    paragraphs = [slots.fill(_lead_for(title, story.leads, dice))]
    facts = [slots.fill(fact) for fact in story.facts]
    if facts:
        paragraphs.append(" ".join(facts if order.size is not Size.SHORT else facts[:2]))
    pools = _shuffled_pools(order, dice)
    for pool, count in order.size.value:
        taken = [slots.fill(pools[pool].pop(0)) for _ in range(min(count, len(pools[pool])))]
        if taken:
            paragraphs.append(" ".join(taken))
    if order.size is Size.LONG:
        _lengthen(paragraphs, pools, slots)
    return Draft(slots.fill(title), tuple(paragraphs))


def _lead_for(title: str, leads: Sequence[str], dice: Dice) -> str:
    """Return the first paragraph that has most words and slots in common with the title."""
    wanted = set(_WORD.findall(title.lower()))
    common = [len(wanted.intersection(_WORD.findall(lead.lower()))) for lead in leads]
    return dice.pick([lead for lead, count in zip(leads, common, strict=True) if count == max(common)])


def word_count(paragraphs: Sequence[str]) -> int:
    """Return the number of words, which part at white space."""
    return sum(len(paragraph.split()) for paragraph in paragraphs)


def _lengthen(paragraphs: list[str], pools: dict[str, list[str]], slots: "_Slots") -> None:
    """Put sentences that are left before the last paragraph, until the article is long."""
    for pool in ("detail", "context", "voice", "ahead"):
        while pools[pool] and word_count(paragraphs) < LONG_WORDS:
            taken = [slots.fill(pools[pool].pop(0)) for _ in range(min(4, len(pools[pool])))]
            paragraphs.insert(-1, " ".join(taken))


def _shuffled_pools(order: Order, dice: Dice) -> dict[str, list[str]]:
    """Return the topic's own sentences in a new order, with the language's common ones behind them."""
    own, common = order.topic.pools, order.lexicon.pools
    return {
        name: dice.shuffled(getattr(own, name)) + dice.shuffled(getattr(common, name))
        for name in ("detail", "voice", "context", "ahead")
    }


class _Slots:
    """What stands for `{city}`, `{city2.gen}`, `{hectares}`, `{date}`: chosen at its first use, then kept."""

    def __init__(self, order: Order, dice: Dice) -> None:
        self._order = order
        self._dice = dice
        self._chosen: dict[str, Forms] = {}

    def fill(self, template: str) -> str:
        """Return the sentence with its slots filled, its first letter large."""
        filled = _SLOT.sub(self._replacement, template)
        return filled[:1].upper() + filled[1:]

    def _replacement(self, match: re.Match[str]) -> str:
        name, number, form = match.groups()
        key = name + number
        if key not in self._chosen or name in _FRESH:
            self._chosen[key] = self._choose(name)
        value = self._chosen[key]
        if isinstance(value, str):
            return value
        return value[form or "nom"]

    def _choose(self, name: str) -> Forms:
        order = self._order
        if name in order.topic.numbers:
            return self._number(order.topic.numbers[name])
        country = order.lexicon.countries[order.country]
        if name in _PLACES:
            return self._another(name, country[name])
        if name in country:
            value: Forms = country[name]
            return value
        choices = order.topic.words.get(name) or order.lexicon.words.get(name)
        if choices:
            return self._another(name, choices)
        return self._calendar(name)

    def _another(self, name: str, choices: Sequence[Forms]) -> Forms:
        """Return a choice that no slot of the same name has yet, so that {city} and {city2} are two towns."""
        taken = [value for key, value in self._chosen.items() if key.rstrip("0123456789") == name]
        free = [choice for choice in choices if choice not in taken]
        return self._dice.pick(free or list(choices))

    def _number(self, spec: NumberSpec) -> str:
        steps = (spec.high - spec.low) // spec.step
        value = spec.low + spec.step * self._dice.below(steps + 1)
        whole, rest = divmod(value, spec.divisor)
        text = f"{whole:,}".replace(",", self._order.lexicon.thousands) if whole >= 10_000 else str(whole)
        if whole >= 1_000 and self._order.lexicon.language == "en":
            text = f"{whole:,}"
        decimals = len(str(spec.divisor)) - 1
        return f"{text}{self._order.lexicon.decimal}{rest:0{decimals}d}" if decimals else text

    def _calendar(self, name: str) -> str:
        words, day = self._order.lexicon, self._order.published_at
        if name == "weekday":
            return words.weekdays[(day - timedelta(days=self._dice.below(2))).weekday()]
        if name in {"date", "date_ahead"}:
            away = -self._dice.between(1, 4) if name == "date" else self._dice.between(9, 40)
            then = day + timedelta(days=away)
            return words.date_form.format(day=then.day, month=words.months[then.month - 1])
        if name in {"month_in", "month_ahead_in"}:
            then = day if name == "month_in" else day + timedelta(days=62)
            return words.months_in[then.month - 1]
        seasons = {"season": 0, "season_ahead": 1, "season_past": -1}
        return words.seasons[(day.month % 12 // 3 + seasons[name]) % 4]
