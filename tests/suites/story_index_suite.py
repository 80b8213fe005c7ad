"""What every index of articles must show of stories: their sizes, and each of them once where that is asked.

A test class inherits the suite and gives it a fixture `index` with `fill` and `search`, as for ArticleIndexSuite.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.domain.article import Article
from search.domain.results import Sort
from tests.suites.article_builders import NOON, a_source, a_withdrawal, an_article
from tests.suites.article_index_suite import FilledIndex, asking, ids, walk

NEWS = [
    an_article("a1", minutes=1, text="rail", story="a1"),
    an_article("a2", minutes=2, text="rail and road", story="a1", source=a_source(id="other")),
    an_article("b1", minutes=3, text="rail", story="b1"),
    an_article("alone", minutes=4, text="rail"),
    an_article("a3", minutes=5, text="road", story="a1"),
    an_article("b2", minutes=6, text="rail", story="b1"),
]


@st.composite
def told(draw: st.DrawFn) -> list[Article]:
    """A few articles that tell a few stories, of which some have the same key."""
    made = []
    for number in range(draw(st.integers(1, 9))):
        story = draw(st.sampled_from([None, "s", "t"]))
        key = draw(st.integers(1, 5)) << 45
        text = draw(st.sampled_from(["rail", "road", "rail road", '"']))
        made.append(an_article(f"id{number}", key=key, text=text, title=text, story=story))
    return made


def once_each(articles: list[Article]) -> list[str]:
    """Return the ids of the first article of each story, newest first."""
    first: dict[str, Article] = {}
    for article in sorted(articles, key=lambda one: (-one.key, one.id)):
        first.setdefault(article.story or article.id, article)
    return [article.id for article in first.values()]


class StoryIndexSuite:
    """Behaviour of any index of articles that tell stories."""

    async def test_shows_each_story_once_by_the_first_that_matches_and_counts_stories(
        self, index: FilledIndex
    ) -> None:
        """The most asked-for thing of every reader: what twenty outlets copied is one result."""
        await index.fill(NEWS)
        assert await ids(index, asking()) == ["b2", "a3", "alone", "b1", "a2", "a1"]
        found = await index.search(asking(collapse=True))
        assert [article.id for article in found.articles] == ["b2", "a3", "alone"]
        assert found.total == 3
        assert await ids(index, asking("rail", collapse=True)) == ["b2", "alone", "a2"]
        assert await ids(index, asking('"rail and"', collapse=True)) == ["a2"]

    async def test_tells_how_many_articles_tell_the_stories_shown_whether_they_match_or_not(
        self, index: FilledIndex
    ) -> None:
        await index.fill(NEWS)
        found = await index.search(asking("road"))
        assert found.stories == {"a1": 3}
        assert (await index.search(asking("alone"))).stories == {}
        await index.fill([*NEWS, a_withdrawal("a3")])
        assert (await index.search(asking(collapse=True))).stories == {"a1": 2, "b1": 2}

    async def test_pages_through_stories_without_gap_or_repeat_by_cursor_and_by_number(
        self, index: FilledIndex
    ) -> None:
        many = [
            an_article(f"n{number:02}", minutes=number, text="rail", story=f"n{number % 7:02}")
            for number in range(40)
        ]
        await index.fill(many)
        expected = once_each(many)
        for size in (1, 3, 7, 20):
            ask = asking("rail", limit=size, collapse=True)
            assert await walk(index, ask) == expected
            paged = []
            for start in range(0, 7, size):
                found = await index.search(replace(ask, start=start))
                assert found.total == 7
                paged += [article.id for article in found.articles]
            assert paged == expected

    async def test_by_relevance_the_best_of_each_story_stands_for_it(self, index: FilledIndex) -> None:
        await index.fill(
            [
                an_article("plain", minutes=9, title="Other", text="rail", story="s"),
                an_article("titled", minutes=1, title="Rail", text="rail", story="s"),
                an_article("alone", minutes=5, title="Other", text="rail"),
            ]
        )
        found = await index.search(asking("rail", sort="relevance", collapse=True))
        assert [article.id for article in found.articles] == ["titled", "alone"]
        assert found.total == 2

    async def test_by_relevance_the_fresher_of_equal_stories_stands_above_and_its_freshest_stands_for_it(
        self, index: FilledIndex
    ) -> None:
        """News of today come before the same words of last year, collapsed as well."""
        days = {"a-old": 900, "b-new": 1, "c-older": 1000, "s-old": 800, "s-new": 0}
        await index.fill(
            [
                an_article(
                    name,
                    published_at=NOON - timedelta(days=age),
                    title="Rail",
                    text="rail and the road, they said" if name.endswith("new") else "rail and the road",
                    story="s" if name.startswith("s") else None,
                )
                for name, age in days.items()
            ]
        )
        for collapse in (False, True):
            ask = replace(asking("rail", sort="relevance", collapse=collapse), fresh_at=NOON)
            found = [article.id for article in (await index.search(ask)).articles]
            new = [one for one in found if one.endswith("new")]
            assert found[: len(new)] == new, collapse
            assert ("s-old" in found) is not collapse

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(made=told(), text=st.sampled_from(["", "rail", '"rail road"']), size=st.integers(1, 4))
    async def test_agrees_with_the_definition_on_every_article_and_page(
        self, index: FilledIndex, made: list[Article], text: str, size: int
    ) -> None:
        await index.fill(made)
        matching = [article for article in made if text.strip('"') in article.text]
        ask = asking(text, limit=size, collapse=True)
        expected = once_each(matching)
        assert await walk(index, ask) == expected
        for sort in _SORTS:
            found = await index.search(replace(ask, sort=sort, limit=20))
            assert found.total == len(expected)
            assert {one.story or one.id for one in found.articles} == {
                one.story or one.id for one in matching
            }


_SORTS: tuple[Sort, ...] = ("newest", "relevance")
