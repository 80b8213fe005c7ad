"""What every index of articles must show, whichever technology it is built on.

A test class inherits the suite and gives it a fixture `index` with `fill` and `search`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.adapters.walking_index import WalkingIndex
from search.domain.article import Article, Change, subject_of
from search.domain.facets import FACETS, counted
from search.domain.results import DEEPEST, Ask, Cursor, Found, Sort
from shared.query import Filters, Query, analyse, highlight, matches, normalise, read_query
from shared.query.grammar import Match, one_of
from tests.suites.article_builders import a_source, a_withdrawal, an_article
from tests.suites.memory_articles import MemoryWalks
from tests.suites.typed_forms import TYPED_FORMS

ARTICLES = [
    an_article("a1", minutes=1, title="Taliban visit Tashkent", text="The foreign minister came by train."),
    an_article("a2", minutes=2, title="Trains to Osh", text="The Taliban's rail plan; no minister spoke."),
    an_article(
        "a3",
        minutes=3,
        title="Елка в Бишкеке",
        text="Министры открыли ёлку на площади.",
        language="ru",
        topics=("culture", "new year"),
        source=a_source(id="ala-too", name="Ала-Тоо", country="KG"),
        outlet="alatoo.test",
    ),
    an_article("a4", minutes=4, title="Oʻzbekiston bozorlari", text="Narxlar oshdi.", language="uz"),
    an_article(
        "a5", published_at=datetime(2025, 1, 31, 23, 59, 59, 999000, tzinfo=UTC), title="Old", text="rail"
    ),
]

WORDS = [
    "rail",
    "rails",
    "train",
    "Osh",
    "ош",
    "ёлка",
    "елки",
    "minister",
    "don't",
    "dont",
    "o'zbek",
    "Oʻzbek",
    "Ўзбек",
    "узбек",
    "Тошкент",
    "toshkent",
    "Қазақстан",
    "казакстан",
    "Qazaqstan",
    "Шымкент",
    "Şymkent",
    "өкмөт",
    "окмот",
    "ҷанг",
    "чанг",
    "Түркмен",
    "Türkmen",
    "министры",
    "министр",
    "Казахстане",
    "казахстан",
    "studies",
    "study",
    "|",
]


LANGUAGES = ["ru", "en", "kk", "ky", "uz", "tg", "tk", "de", None]


class FilledIndex(Protocol):
    """An index that a test can fill."""

    async def fill(self, changes: Sequence[Change]) -> None:
        """Make the index hold these articles and no others."""
        ...

    async def search(self, ask: Ask) -> Found:
        """Ask it."""
        ...

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        """Return the ids of what answers, by relevance."""
        ...

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer."""
        ...


def asking(
    text: str = "",
    match: Match = "all",
    sort: Sort = "newest",
    filters: Filters | None = None,
    limit: int = 10,
    *,
    collapse: bool = False,
) -> Ask:
    """Return a question about all that answers a query, from the first on."""
    return Ask(read_query(text, match).narrowed(filters or Filters()), sort, limit, collapse=collapse)


async def ids(index: FilledIndex, ask: Ask) -> list[str]:
    """Return the ids found, in order, after checking the total against them."""
    found = await index.search(ask)
    assert found.total >= len(found.articles)
    return [article.id for article in found.articles]


async def walk(index: FilledIndex, ask: Ask) -> list[str]:
    """Return the ids of all pages, by cursor."""
    seen: list[str] = []
    behind: Cursor | None = None
    walking = WalkingIndex(index, MemoryWalks())
    while True:
        found = await walking.search(replace(ask, behind=behind))
        seen += [article.id for article in found.articles]
        if found.next is None:
            return seen
        behind = found.next


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    """A few articles over few words, sources and instants, so that queries find something and keys collide."""
    text = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
    made = []
    for number in range(draw(st.integers(1, 6))):
        minute = draw(st.integers(0, 3)) * 60 * 24
        made.append(
            an_article(
                f"id{number}",
                minutes=minute,
                key=(minute + 1) << 45,
                title=draw(text),
                text=draw(text),
                language=draw(st.sampled_from(LANGUAGES)),
                topics=tuple(draw(st.lists(st.sampled_from(["rail", "new year"]), max_size=2))),
                source=a_source(
                    id=draw(st.sampled_from(["s1", "s2"])), country=draw(st.sampled_from(["KZ", None]))
                ),
            )
        )
    return made


def queries() -> st.SearchStrategy[str]:
    """Queries over the same words, with every operator there is."""
    word = st.sampled_from(WORDS)
    phrase = st.lists(word, min_size=1, max_size=3).map(lambda words: '"' + " ".join(words) + '"')
    prefix = word.map(lambda text: f"{text[:3]}*")
    thing = st.one_of(word, phrase, prefix)
    titled = thing.map(lambda text: f"title:{text}")
    filters = st.sampled_from(["source:s1", "lang:ru", 'topic:"new year"', "topic:rail", "country:kz"])
    positive = st.one_of(thing, titled, filters)
    piece = st.one_of(positive, positive, positive.map(lambda text: f"-{text}"), st.just("OR"))
    return st.lists(piece, max_size=5).map(" ".join)


class ArticleIndexSuite:
    """Behaviour of any index of articles."""

    async def test_finds_articles_that_have_all_words_newest_first(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        assert await ids(index, asking("minister taliban")) == ["a2", "a1"]

    async def test_finds_articles_that_have_any_word(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        assert await ids(index, asking("narxlar rail", match="any")) == ["a4", "a2", "a5"]

    async def test_finds_everything_when_nothing_is_asked(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        assert await ids(index, asking()) == ["a4", "a3", "a2", "a1", "a5"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('"foreign minister"', ["a1"]),
            ('"minister foreign"', []),
            ("title:taliban", ["a1"]),
            ("title:trains", ["a2"]),
            ("trains -taliban", []),
            ("-minister", ["a4", "a3", "a5"]),
            ("tash*", ["a1"]),
            ("title:tr* OR title:елк*", ["a3", "a2"]),
            ("osh OR tashkent", ["a2", "a1"]),
            ("ozbekiston", ["a4"]),
            ("ЕЛКА", ["a3"]),
            ("министр", ["a3"]),
            ('-"rail plan" rail', ["a5"]),
            ("source:ala-too", ["a3"]),
            ("source:Ала-Тоо", ["a3"]),
            ("-source:orda", ["a3"]),
            ("lang:uz OR lang:ru", ["a4", "a3"]),
            ('topic:"New  Year"', ["a3"]),
            ("before:2025-01-31", ["a5"]),
            ("before:2025-01-30", []),
            ("after:2025-02", ["a4", "a3", "a2", "a1"]),
            ("before:1960", []),
            ("after:2500", []),
            ("after:1960 before:9999 old", ["a5"]),
        ],
    )
    async def test_reads_the_query_language(self, index: FilledIndex, text: str, expected: list[str]) -> None:
        await index.fill(ARTICLES)
        assert await ids(index, asking(text)) == expected

    async def test_narrows_by_filters_of_which_all_must_hold(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        either = Filters((one_of("language", ["ru", "uz"]),))
        assert await ids(index, asking(filters=either)) == ["a4", "a3"]
        both = Filters(
            (one_of("language", ["ru", "uz"]), one_of("country", ["kg"])), after=date(2026, 11, 20)
        )
        assert await ids(index, asking(filters=both)) == ["a3"]
        assert await ids(index, asking(filters=Filters((one_of("outlet", ["alatoo.test"]),)))) == ["a3"]

    async def test_ranks_a_word_in_the_title_above_one_in_the_text(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        assert await ids(index, asking("taliban", sort="relevance")) == ["a1", "a2"]
        assert await ids(index, asking("trains", sort="relevance")) == ["a2", "a1"]

    @pytest.mark.parametrize(
        ("typed", "alike", "folded"),
        [("Қазақстан", "Қазақстан", "Казакстан"), ("казакстан", "Казакстан", "Қазақстан")],
    )
    async def test_ranks_a_word_spelled_as_asked_for_above_one_that_only_folds_alike(
        self, index: FilledIndex, typed: str, alike: str, folded: str
    ) -> None:
        """Who takes the trouble to type ң means it; who types н may have nothing else."""
        others = {"title": "Жаңалықтар", "language": "kk"}
        await index.fill(
            [
                an_article("folded", minutes=9, text=f"{folded} туралы", **others),
                an_article("alike", minutes=1, text=f"{alike} туралы", **others),
                an_article("other", minutes=5, text="Қырғызстан туралы", **others),
            ]
        )
        assert await ids(index, asking(typed, sort="relevance")) == ["alike", "folded"]

    @pytest.mark.parametrize("language", TYPED_FORMS)
    async def test_finds_what_people_type_for_the_letters_of_their_language(
        self, index: FilledIndex, language: str
    ) -> None:
        """Each row of the table finds its article, and the title is marked as it is spelled."""
        rows = TYPED_FORMS[language]
        await index.fill(
            [an_article(f"{n:02}", title=found, language=language) for n, (_, found) in enumerate(rows)]
        )
        for number, (typed, found) in enumerate(rows):
            ask = asking(typed, limit=100)
            shown = {one.id: one.article for one in (await index.search(ask)).articles}
            assert f"{number:02}" in shown, typed
            title = shown[f"{number:02}"].title
            spans = highlight(ask.query, title, language, title=True)
            assert [normalise(title[start:end]) for start, end in spans] == [normalise(found)], typed

    async def test_shows_only_the_latest_of_an_article_and_nothing_of_a_withdrawn_one(
        self, index: FilledIndex
    ) -> None:
        edited = an_article("a1", rev=2, minutes=1, title="Delegation visits", text="By train.")
        await index.fill([*ARTICLES, edited, a_withdrawal("a2")])
        assert await ids(index, asking("taliban")) == []
        found = await index.search(asking("train"))
        assert [(one.id, one.article.rev) for one in found.articles] == [("a1", 2)]

    async def test_gives_back_articles_as_they_were_put_in_but_for_the_length_of_the_text(
        self, index: FilledIndex
    ) -> None:
        long = an_article(
            "long", text="one two \n three " * 300, updated_at=datetime(2026, 11, 21, tzinfo=UTC)
        )
        await index.fill([long])
        found = await index.search(asking("three"))
        assert [one.article for one in found.articles] == [long.listed()]

    async def test_counts_exactly_and_pages_without_gap_or_repeat(self, index: FilledIndex) -> None:
        many = [an_article(f"n{number:03}", minutes=number, text="rail") for number in range(23)]
        await index.fill(many)
        expected = [article.id for article in reversed(many)]
        for size in (1, 5, 23, 30):
            assert await walk(index, asking("rail", limit=size)) == expected
            paged = []
            for start in range(0, 23, size):
                found = await index.search(Ask(read_query("rail"), "newest", size, start=start))
                assert found.total == 23
                paged += [article.id for article in found.articles]
            assert paged == expected

    async def test_answers_past_the_end_with_no_articles_and_the_total(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        found = await index.search(Ask(read_query("rail"), "newest", 6, start=600))
        assert (found.total, found.articles, found.next) == (2, (), None)

    async def test_orders_articles_of_the_same_key_by_id_across_pages(self, index: FilledIndex) -> None:
        """Many feeds date by the day only, and two ids may share their twenty bits of hash."""
        twins = [an_article(f"t{number}", key=7 << 30) for number in range(7)]
        around = [an_article("above", key=8 << 30), an_article("below", key=6 << 30)]
        await index.fill([*reversed(twins), *around])
        expected = ["above", *(f"t{number}" for number in range(7)), "below"]
        for size in (1, 2, 3, 4, 9):
            assert await walk(index, asking(limit=size)) == expected
            paged = []
            for start in range(0, 9, size):
                found = await index.search(Ask(read_query(""), "newest", size, start=start))
                paged += [article.id for article in found.articles]
            assert paged == expected

    async def test_pages_by_relevance_without_gap_or_repeat(self, index: FilledIndex) -> None:
        many = [
            an_article(f"n{number:02}", minutes=number, text="rail " * (number % 4)) for number in range(20)
        ]
        await index.fill(many)
        seen = await walk(index, asking("rail", sort="relevance", limit=4))
        assert sorted(seen) == sorted(article.id for article in many if article.text)

    async def test_new_articles_do_not_shift_a_walk_by_cursor(self, index: FilledIndex) -> None:
        """A reader who turns the page while news arrive sees neither a repeat nor a gap."""
        await index.fill([an_article(f"n{number}", minutes=number) for number in range(6)])
        first = await index.search(asking(limit=3))
        await index.fill([an_article(f"n{number}", minutes=number) for number in range(9)])
        second = await index.search(Ask(read_query(""), "newest", 3, behind=first.next))
        assert [article.id for article in second.articles] == ["n2", "n1", "n0"]
        assert (second.total, second.next) == (9, None)

    async def test_gives_no_cursor_deeper_than_relevance_is_paged(self, index: FilledIndex) -> None:
        await index.fill(ARTICLES)
        found = await index.search(Ask(read_query("rail"), "relevance", 1, start=DEEPEST))
        assert (found.total, found.articles, found.next) == (2, (), None)

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(
        made=articles(),
        asked=st.lists(queries(), min_size=1, max_size=6),
        match=st.sampled_from(["all", "any"]),
    )
    async def test_agrees_with_the_matcher_on_every_article_and_query(
        self, index: FilledIndex, made: list[Article], asked: list[str], match: Match
    ) -> None:
        """The live stream is filtered by the matcher: what it lets through must be what a search finds."""
        await index.fill(made)
        for text in asked:
            query = read_query(text, match)
            wanted = [article for article in made if matches(query, analyse(subject_of(article)))]
            wanted.sort(key=lambda article: (-article.key, article.id))
            found = await index.search(Ask(query, "newest", 10))
            assert [article.id for article in found.articles] == [article.id for article in wanted], text
            assert found.total == len(wanted)
            asked_facets = await index.search(Ask(query, "newest", 1, facets=FACETS))
            assert asked_facets.facets == counted(FACETS, wanted), text
            ranked = await index.search(Ask(query, "relevance", 10))
            assert {article.id for article in ranked.articles} == {article.id for article in wanted}, text
