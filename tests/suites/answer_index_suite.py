"""What every index of articles must show besides articles: exact counts by value, fresh ones first, orders to read on.

A test class inherits the suite and gives it a fixture `index` as for ArticleIndexSuite.
"""

from dataclasses import replace
from datetime import timedelta

from search.domain.article import Change
from search.domain.facets import FACETS
from shared.query import read_query
from tests.suites.article_builders import NOON, a_source, a_withdrawal, an_article
from tests.suites.article_index_suite import ARTICLES, FilledIndex, asking, ids


class AnswerIndexSuite:
    """Behaviour of any index of articles that counts, ranks and keeps orders."""

    async def test_counts_what_was_found_by_the_values_it_has(self, index: FilledIndex) -> None:
        """A reader narrows by what is there; each count is what the narrowed search would find."""
        renamed = an_article("a6", minutes=6, text="rail", source=a_source(name="Orda Daily", country=None))
        withdrawn: list[Change] = [an_article("a7", text="rail"), a_withdrawal("a7")]
        await index.fill([*ARTICLES, renamed, *withdrawn])
        found = await index.search(replace(asking(limit=1), facets=FACETS))
        told = {
            name: [(one.value, one.name, one.count) for one in values]
            for name, values in found.facets.items()
        }
        assert told == {
            "source": [("orda", "Orda News", 5), ("ala-too", "Ала-Тоо", 1)],
            "outlet": [("orda.test", "orda.test", 5), ("alatoo.test", "alatoo.test", 1)],
            "country": [("KZ", "KZ", 4), ("KG", "KG", 1)],
            "language": [("en", "en", 4), ("ru", "ru", 1), ("uz", "uz", 1)],
            "topic": [("politics", "politics", 5), ("culture", "culture", 1), ("new year", "new year", 1)],
            "day": [("2026-11-20", "2026-11-20", 5), ("2025-01-31", "2025-01-31", 1)],
        }
        phrase = await index.search(replace(asking('"rail plan" OR rail'), facets=("day", "topic")))
        assert [(one.value, one.count) for one in phrase.facets["day"]] == [
            ("2026-11-20", 2),
            ("2025-01-31", 1),
        ]
        assert (await index.search(asking("rail"))).facets == {}

    async def test_a_source_that_is_named_as_another_ones_id_is_counted_where_narrowing_finds_it(
        self, index: FilledIndex
    ) -> None:
        """A source is asked for by its id or its name, and each count is what asking finds."""
        sources = {"a": ("kun", "Kun daily"), "b": ("other", "Kun"), "c": ("kun", "Kun"), "d": ("far", "Far")}
        made = [an_article(one, source=a_source(id=of, name=name)) for one, (of, name) in sources.items()]
        await index.fill(made)
        found = await index.search(replace(asking(limit=1), facets=("source",)))
        assert {one.value: one.count for one in found.facets["source"]} == {"kun": 3, "other": 1, "far": 1}
        for one in found.facets["source"]:
            assert (await index.search(asking(f"source:{one.value}"))).total == one.count

    async def test_topics_are_counted_by_what_they_mean_and_told_as_they_are_spelled(
        self, index: FilledIndex
    ) -> None:
        topics = [("Қазақстан", "New  Year"), ("Қазақстан", "казакстан"), ("Сауда",)]
        await index.fill([an_article(f"t{at}", topics=of) for at, of in enumerate(topics)])
        found = await index.search(replace(asking(limit=1), facets=("topic",)))
        told = [(one.value, one.name, one.count) for one in found.facets["topic"]]
        assert told[0] == ("казакстан", "Қазақстан", 2)
        assert {name for _, name, _ in told} == {"Қазақстан", "New  Year", "Сауда"}
        for value, _, count in told:
            assert (await index.search(asking(f'topic:"{value}"'))).total == count

    async def test_of_equal_matches_the_fresher_stands_above(self, index: FilledIndex) -> None:
        """Whoever asks for the best match still means news."""
        days = {"old": 200, "new": 1, "older": 400}
        await index.fill(
            [
                an_article(name, published_at=NOON - timedelta(days=age), title="Rail")
                for name, age in days.items()
            ]
        )
        assert await ids(index, replace(asking("rail", sort="relevance"), fresh_at=NOON)) == [
            "new",
            "old",
            "older",
        ]
        assert await index.order(read_query("rail"), NOON) == ["new", "old", "older"]

    async def test_an_order_can_be_read_on_by_ids_of_which_only_what_still_answers_is_shown(
        self, index: FilledIndex
    ) -> None:
        await index.fill(ARTICLES)
        assert sorted(await index.order(read_query("rail OR trains"), NOON)) == ["a1", "a2", "a5"]
        found = await index.among(read_query("rail"), ["a5", "a1", "a2", "never"])
        assert ([article.id for article in found.articles], found.total) == (["a5", "a2"], 2)
        phrases = await index.among(read_query('"rail plan" OR old'), ["a2", "a5"])
        assert ([article.id for article in phrases.articles], phrases.total) == (["a2", "a5"], 2)
