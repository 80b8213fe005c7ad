"""The plan: which source writes about what, when; the same for the same anchor, for the start and for later arrivals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache

from silkwire.newsroom import uzbek_script
from silkwire.newsroom.composer import Draft, Order, Size, compose
from silkwire.newsroom.dice import Dice
from silkwire.newsroom.material import FOLDER, Lexicon, Topic, lexicon
from silkwire.newsroom.sources import Source, source, sources

SPREAD = timedelta(days=60)
"""How far the articles at the start reach back from the anchor."""

TALKS = "talks_"
"""Topics about talks with Kabul: their articles, and no others, have the word that the demo searches for."""

OPENING_SOURCE = "caravan-desk"
_NEWEST_TALKS = timedelta(minutes=19)
_NEWEST_PLAIN = timedelta(minutes=3)
_SECOND = timedelta(seconds=1)
_TRIES = 40
_REGION = ("KZ", "KG", "TJ", "UZ", "TM")


@dataclass(frozen=True, slots=True)
class Article:
    """One article as its source publishes it; the first paragraph is its summary.

    Attributes:
        slug: the last part of its address.
        updated_at: when it was published or its title last edited.
    """

    guid: str
    source_id: str
    slug: str
    title: str
    paragraphs: tuple[str, ...]
    author: str
    categories: tuple[str, ...]
    published_at: datetime
    updated_at: datetime

    @property
    def text(self) -> str:
        """Return the whole text, paragraphs parted by an empty line."""
        return "\n\n".join(self.paragraphs)

    @property
    def summary(self) -> str:
        """Return the first paragraph, in which the rest is told in short."""
        return self.paragraphs[0]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One article to be written: which of its source's, about what, how long, when."""

    source: Source
    topic: str
    number: int
    size: Size
    published_at: datetime


@lru_cache(maxsize=4)
def opening(anchor: datetime) -> tuple[Article, ...]:
    """Return the articles that are there at the start, newest first; no two have the same title."""
    titles: set[str] = set()
    written = [_opening_piece(anchor)]
    titles.add(written[0].title)
    for assignment in (*_talks(anchor), *_plain(anchor)):
        written.append(_write(assignment, "opening", titles))
        titles.add(written[-1].title)
    return tuple(sorted(written, key=lambda article: (article.published_at, article.guid), reverse=True))


def arrival(number: int, at: datetime, taken: set[str]) -> Article:
    """Return the article that arrives as the `number`th after the start; never about the talks.

    Args:
        number: from 0.
        at: when it arrives.
        taken: titles that it must not have.
    """
    publishers = sources()
    round_, place = divmod(number, len(publishers))
    # 7 has no divisor in common with 16 sources, so that every source has its turn and neighbours differ.
    publisher = publishers[(place * 7) % len(publishers)]
    topic = publisher.topics[round_ % len(publisher.topics)]
    size = _size(publisher, round_ + place, long=round_ % 3 == 2)
    story = round_ // len(publisher.topics)
    return _write(Assignment(publisher, topic, story, size, at), "arrival", taken)


def numbered(number: int, at: datetime) -> Article:
    """Return a short article that tests tell apart by its number, from 1; all sources take turns."""
    publisher = sources()[number % len(sources())]
    return Article(
        guid=f"tag:{publisher.id}.example,2026:numbered-{number}",
        source_id=publisher.id,
        slug=f"numbered-{number}",
        title=f"Numbered notice {number}",
        paragraphs=(
            f"This is notice number {number} of a numbered run.",
            f"It was issued by {publisher.name} so that every notice of the run can be counted.",
        ),
        author="Notices desk",
        categories=("Notices",),
        published_at=at,
        updated_at=at,
    )


def _talks(anchor: datetime) -> Iterator[Assignment]:
    """Plan all articles about the talks but the newest, which is written in full by hand."""
    left = {item: item.talks - (1 if item.id == OPENING_SOURCE else 0) for item in sources() if item.talks}
    topics = sorted(topic for topic in lexicon("en").topics if topic.startswith(TALKS))
    turns = Dice("talks").shuffled([item for item, count in left.items() for _ in range(count)])
    step = (SPREAD - _NEWEST_TALKS) / (len(turns) + 1)
    for place, publisher in enumerate(turns, start=1):
        size = _size(publisher, place, long=place % 5 in {1, 3})
        topic = topics[(place * 3) % len(topics)]
        at = _moment(anchor - _NEWEST_TALKS - step * place, step, "talks", place)
        yield Assignment(publisher, topic, place // len(topics), size, at)


def _plain(anchor: datetime) -> Iterator[Assignment]:
    """Plan the articles on all other subjects: each source goes round its topics."""
    turns = Dice("plain").shuffled([item for item in sources() for _ in range(item.plain)])
    step = (SPREAD - _NEWEST_PLAIN) / (len(turns) + 1)
    counted: dict[str, int] = {}
    for place, publisher in enumerate(turns):
        number = counted.get(publisher.id, 0)
        counted[publisher.id] = number + 1
        topic = publisher.topics[number % len(publisher.topics)]
        size = _size(publisher, place, long=place % 3 == 2)
        at = _moment(anchor - _NEWEST_PLAIN - step * place, step if place else _SECOND, "plain", place)
        yield Assignment(publisher, topic, number // len(publisher.topics), size, at)


def _size(publisher: Source, number: int, *, long: bool) -> Size:
    """Return how long an article is to be; only English has sentences enough for long ones without repeating any."""
    return Size.LONG if long and publisher.language == "en" else (Size.SHORT, Size.MEDIUM)[number % 2]


def _moment(at: datetime, step: timedelta, *key: object) -> datetime:
    """Move a moment back by less than half a step, so that the order stays; whole seconds, as feeds print them."""
    away = timedelta(seconds=Dice("moment", *key).below(int(step.total_seconds() // 2) or 1))
    return (at - away).replace(microsecond=0)


def _write(assignment: Assignment, run: str, taken: set[str]) -> Article:
    """Write an article, again with other choices while its title is taken."""
    publisher, words = assignment.source, lexicon(assignment.source.language)
    topic = words.topics[assignment.topic]
    key = (run, publisher.id, topic.id, assignment.number)
    story = assignment.number + _first_story(publisher, topic)
    for attempt in range(_TRIES):
        dice = Dice(*key, attempt)
        country = _country(publisher, topic, dice)
        order = Order(words, topic, story, country, assignment.size, assignment.published_at)
        draft = _in_script(publisher, compose(order, dice))
        if draft.title not in taken:
            break
    slug = f"{run}-{topic.id}-{assignment.number}".replace("_", "-")
    labels = (topic.label, _country_label(words, country))
    return Article(
        guid=f"tag:{publisher.id}.example,2026:{slug}",
        source_id=publisher.id,
        slug=slug,
        title=draft.title,
        paragraphs=draft.paragraphs,
        author=_script(publisher, dice.pick(topic.authors)),
        categories=tuple(_script(publisher, label) for label in labels),
        published_at=assignment.published_at,
        updated_at=assignment.published_at,
    )


def _first_story(publisher: Source, topic: Topic) -> int:
    """Return where a source begins to go round a topic's stories, so that neighbours do not tell the same one."""
    if topic.id.startswith(TALKS):
        return 0
    return Dice("first story", publisher.id, topic.id).below(len(topic.stories))


def _country(publisher: Source, topic: Topic, dice: Dice) -> str:
    """Return where it happens: at home if it can happen there."""
    possible = topic.countries or _REGION
    return publisher.country if publisher.country in possible else dice.pick(possible)


def _country_label(words: Lexicon, country: str) -> str:
    return str(words.countries[country]["label"])


def _in_script(publisher: Source, draft: Draft) -> Draft:
    if publisher.script is None:
        return draft
    return Draft(
        uzbek_script.to_cyrillic(draft.title),
        tuple(uzbek_script.to_cyrillic(text) for text in draft.paragraphs),
    )


def _script(publisher: Source, text: str) -> str:
    return text if publisher.script is None else uzbek_script.to_cyrillic(text)


def _opening_piece(anchor: datetime) -> Article:
    """Return the newest article about the talks: readers' questions, answered at length."""
    title, paragraphs = _opening_text()
    at = (anchor - _NEWEST_TALKS).replace(microsecond=0)
    publisher = source(OPENING_SOURCE)
    return Article(
        guid=f"tag:{publisher.id}.example,2026:central-asia-asks",
        source_id=publisher.id,
        slug="central-asia-asks",
        title=title,
        paragraphs=paragraphs,
        author="Readers' desk",
        categories=("Central Asia Asks", "Railways"),
        published_at=at,
        updated_at=at,
    )


@cache
def _opening_text() -> tuple[str, tuple[str, ...]]:
    raw = (FOLDER / "central_asia_asks.txt").read_text(encoding="utf-8")
    title, *paragraphs = (part.strip() for part in raw.split("\n\n") if part.strip())
    return title, tuple(" ".join(paragraph.split()) for paragraph in paragraphs)
