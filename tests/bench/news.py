"""Generated news: articles of about 400 words in four languages, the same for everybody, as many as one likes.

Words follow the law of Zipf and Mandelbrot over 60,000 words in each language: the real ones of `words.txt` spread over
the first few thousand ranks, invented ones for the rest. Article number N of a size is always the same article.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

from search.domain.article import Article, Source, order_key
from shared.contracts.articles import ArticleCollected, SourceRef

FIRST_AT = datetime(2024, 2, 1, tzinfo=UTC)
SPAN = timedelta(days=1000)
"""However many articles there are, they are spread evenly over so many days from the first."""

_VOCABULARY = 60_000
_COMMONEST = 20
_SPREAD = 1.06
_OFFSET = 2.7
_SENTENCE = 16
_SYLLABLE_COUNT = 40
_SHARES = {"ru": 0.4, "en": 0.25, "kk": 0.2, "uz": 0.15}
_LETTERS = {
    "ru": ("б в г д ж з к л м н п р с т х ч ш", "а е и о у ы я"),
    "en": ("b c d f g h k l m n p r s t v w st tr ch", "a e i o u ea"),
    "kk": ("б ғ г д ж з қ к л м н ң п р с т ш", "а ә е и о ө ұ ү ы і"),
    "uz": ("b d f g h j k l m n p q r s t v x z sh ch", "a e i o u o'"),
}
_TOPICS = (
    "politics",
    "economy",
    "energy",
    "water",
    "rail",
    "sport",
    "culture",
    "weather",
    "science",
    "trade",
)
_COUNTRIES = ("KZ", "KG", "UZ", "TJ", "TM", None)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of a language from the commonest on, and the sums of their weights so far."""

    words: list[str]
    weights: list[float]


def articles(size: int) -> Iterator[Article]:
    """Yield all articles of a size, oldest first."""
    for number in range(size):
        yield article(number, size)


def article(number: int, size: int) -> Article:
    """Return one article of a size."""
    dice = random.Random(number)  # noqa: S311  a bench, no secret
    language = dice.choices(list(_SHARES), list(_SHARES.values()))[0]
    title = _spoken(dice, language, dice.randint(6, 11))
    sentences = [_spoken(dice, language, _SENTENCE) + "." for _ in range(dice.randint(17, 33))]
    paragraphs = [" ".join(sentences[start : start + 5]) for start in range(0, len(sentences), 5)]
    published_at = FIRST_AT + SPAN * number / size
    article_id = sha256(str(number).encode()).hexdigest()[:26]
    source = _source(dice.randrange(40), language)
    return Article(
        id=article_id,
        rev=1,
        key=order_key(article_id, published_at),
        source=source,
        outlet=f"{source.id}.example",
        url=f"https://{source.id}.example/{number}",
        title=title,
        text="\n\n".join(paragraphs),
        html="".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        summary="",
        authors=(f"Author {dice.randrange(300)}",),
        language=language,
        topics=tuple(sorted(set(dice.choices(_TOPICS, k=2)))),
        image=None,
        published_at=published_at,
        published_certainty="exact",
        updated_at=None,
        first_seen_at=published_at,
    )


def collected(number: int, size: int) -> ArticleCollected:
    """Return the event by which ingest would tell of an article."""
    told = article(number, size)
    return ArticleCollected(
        id=told.id,
        rev=told.rev,
        source=SourceRef(id=told.source.id, name=told.source.name, country=told.source.country),
        outlet=told.outlet,
        url=told.url,
        title=told.title,
        text=told.text,
        html=told.html,
        authors=list(told.authors),
        language=told.language,
        topics=list(told.topics),
        published_at=told.published_at,
        published_certainty=told.published_certainty,
        first_seen_at=told.first_seen_at,
        reasons=["new"],
    )


def _source(number: int, language: str) -> Source:
    return Source(
        id=f"{language}-wire-{number}",
        name=f"{language.upper()} Wire {number}",
        country=_COUNTRIES[number % len(_COUNTRIES)],
        link=None,
        rights="excerpt",
    )


def _spoken(dice: random.Random, language: str, count: int) -> str:
    words = vocabulary(language)
    drawn = dice.choices(words.words, cum_weights=words.weights, k=count)
    return " ".join(drawn).replace("_", " ").capitalize()


@cache
def vocabulary(language: str) -> Vocabulary:
    """Return the words of a language."""
    real = _real_words()[language]
    places = {}
    rank = -1
    for place, word in enumerate(real):
        wanted = place if place < _COMMONEST else round(_COMMONEST * _SPREAD ** (place - _COMMONEST))
        rank = max(rank + 1, wanted)
        places[rank] = word
    words = [places.get(rank) or _invented(rank, language) for rank in range(_VOCABULARY)]
    return Vocabulary(words, list(accumulate(1 / (rank + _OFFSET) for rank in range(1, _VOCABULARY + 1))))


def _real_words() -> dict[str, list[str]]:
    lines = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return {row[0]: row[1:] for row in rows}


def _invented(rank: int, language: str) -> str:
    """Return the word of a rank: four syllables, others for every rank."""
    syllables = _syllables(language)
    number, parts = (rank * 104_729) % _SYLLABLE_COUNT**4, []
    for _ in range(4):
        number, digit = divmod(number, _SYLLABLE_COUNT)
        parts.append(syllables[digit])
    return "".join(parts)


@cache
def _syllables(language: str) -> list[str]:
    consonants, vowels = (letters.split() for letters in _LETTERS[language])
    all_of_them = [first + second for first in consonants for second in vowels]
    return random.Random(language).sample(all_of_them, _SYLLABLE_COUNT)  # noqa: S311  a bench, no secret
