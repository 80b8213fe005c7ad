"""Which articles tell one story, in whatever order they come, change and go."""

from array import array
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.domain import stories as told_by
from search.domain.near_duplicates import SKETCH, Sketch, alike
from search.domain.stories import LONGEST, MOST_SHARING, WINDOW, Stories, Teller, tell_the_same

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def text(*numbers: int) -> Sketch:
    """Return the sketch of a text made of numbered parts; texts with the same parts are alike."""
    # Scattered, as hashes are: else the smallest would all be of the first part.
    hashes = sorted((100 * number + part) * 2654435761 % 2**32 for number in numbers for part in range(20))
    return Sketch(len(hashes), array("I", hashes[:SKETCH]).tobytes())


def teller(article_id: str, *parts: int, seen: float = 0, published: float = 0) -> Teller:
    """Return an article; times in hours after noon."""
    return Teller(article_id, text(*parts), NOON + timedelta(hours=published), NOON + timedelta(hours=seen))


def told(stories: Stories, *ids: str) -> dict[str, str | None]:
    """Return the stories of some articles."""
    return {article_id: stories.story_of(article_id) for article_id in ids}


def filled(*tellers: Teller) -> Stories:
    """Return the stories of articles that came in this order."""
    stories = Stories()
    for one in tellers:
        stories.put(one, None)
    return stories


def test_an_article_alone_has_no_story() -> None:
    assert told(filled(teller("a", 1), teller("b", 2)), "a", "b") == {"a": None, "b": None}


def test_a_story_is_named_after_its_article_that_was_seen_first_not_the_one_that_came_first() -> None:
    stories = filled(teller("late", 1, seen=2), teller("early", 1, seen=1))
    assert told(stories, "late", "early") == {"late": "early", "early": "early"}


def test_alike_articles_days_apart_are_two_stories() -> None:
    """The agency's report of each anniversary is copied from the last one."""
    hours = WINDOW / timedelta(hours=1)
    stories = filled(teller("a", 1), teller("b", 1, published=hours), teller("c", 1, published=2 * hours + 1))
    assert told(stories, "a", "b", "c") == {"a": "a", "b": "a", "c": None}


@pytest.mark.parametrize("backwards", [False, True])
def test_a_bulletin_that_is_printed_every_day_is_no_endless_story(*, backwards: bool) -> None:
    """Each is alike to the next: readers who see each story once saw one of four hundred."""
    daily = [teller(f"day {day:03}", 1, seen=24 * day, published=24 * day) for day in range(60)]
    stories = filled(*(reversed(daily) if backwards else daily))
    days = LONGEST.days + 1
    assert told(stories, *(one.id for one in daily)) == {
        f"day {day:03}": f"day {day - day % days:03}" for day in range(60)
    }


def test_the_record_learns_when_a_story_has_gone_on_for_too_long() -> None:
    length = LONGEST / timedelta(hours=1)
    stories = filled(*(teller(f"{day}", 1, seen=day, published=day * length / 4) for day in range(5)))
    assert set(stories.to_record().values()) == {"0"}
    stories.put(teller("before", 1, published=-1), None)
    assert stories.to_record() == {"before": "0", "4": None}
    stories.put(teller("5", 1, seen=9, published=length + 1), None)
    assert stories.to_record() == {"4": "4", "5": "4"}
    stories.remove("before", "0")
    assert stories.to_record() == {"before": None, "4": "0", "5": None}


def test_an_article_alike_to_two_stories_makes_them_one() -> None:
    stories = filled(teller("a", 1, 2, seen=3), teller("b", 1, 2, seen=4), teller("c", 3, 4, seen=1))
    assert told(stories, "a", "c") == {"a": "a", "c": None}
    stories.put(teller("d", 1, 2, 3, 4, seen=2), None)
    assert told(stories, "a", "b", "c", "d") == dict.fromkeys("abcd", "c")


def test_an_edit_moves_an_article_to_another_story() -> None:
    stories = filled(teller("a", 1), teller("b", 1), teller("c", 2), teller("d", 2))
    stories.put(teller("b", 2), "a")
    assert told(stories, "a", "b", "c", "d") == {"a": None, "b": "b", "c": "b", "d": "b"}


def test_a_withdrawn_article_leaves_its_story_and_may_part_it() -> None:
    bridge = teller("bridge", 1, 2, 3, 4)
    stories = filled(teller("a", 1, 2), teller("b", 1, 2), bridge, teller("c", 3, 4), teller("d", 3, 4))
    assert set(told(stories, "a", "b", "c", "d").values()) == {"a"}
    stories.remove("bridge", "a")
    assert told(stories, "a", "b", "c", "d") == {"a": "a", "b": "a", "c": "c", "d": "c"}


def test_a_form_that_is_filled_in_again_and_again_is_no_story() -> None:
    """Rates, weather, tenders: readers who see each story once would see one of hundreds of different reports."""
    numbers = range(MOST_SHARING)
    stories = filled(
        *(teller(f"form {number}", 1, seen=number) for number in numbers), teller("b", 2), teller("c", 2)
    )
    assert stories.story_of("form 9") == "form 0"
    stories.to_record()
    stories.put(teller("one more", 1), None)
    assert stories.story_of("form 9") is None
    assert stories.to_record() == {f"form {number}": None for number in numbers}
    assert told(stories, "b", "c") == {"b": "b", "c": "b"}


def test_a_story_stays_whole_when_a_part_of_its_text_turns_out_to_be_a_form() -> None:
    stories = filled(teller("a", 1, 2, 3, 4), teller("b", 1, 2, 3, 4))
    for number in range(MOST_SHARING + 1):
        stories.put(teller(f"form {number}", 1), None)
    assert told(stories, "a", "b", "form 0") == {"a": "a", "b": "a", "form 0": None}


def test_edits_of_a_form_cost_no_more_the_more_of_it_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that compares each with all others could not even be stopped in time."""
    compared = 0

    def counted(one: Sketch, other: Sketch) -> bool:
        nonlocal compared
        compared += 1
        return alike(one, other)

    stories = filled(*(teller(f"form {number}", 1) for number in range(10 * MOST_SHARING)))
    monkeypatch.setattr(told_by, "alike", counted)
    for number in range(MOST_SHARING):
        stories.put(teller(f"form {number}", 1, seen=1), None)
        stories.put(teller(f"new {number}", 1), None)
    assert compared <= MOST_SHARING


def test_the_record_is_told_only_what_it_does_not_know() -> None:
    stories = filled(teller("a", 1), teller("b", 2))
    assert stories.to_record() == {}
    stories.put(teller("c", 1, seen=1), None)
    assert stories.to_record() == {"a": "a", "c": "a"}
    stories.put(teller("c", 1, seen=1), "a")
    assert stories.to_record() == {}


def test_a_story_that_somebody_else_wrote_is_set_right() -> None:
    """A worker that lost its lease a moment ago may still write."""
    stories = filled(teller("a", 1), teller("b", 1))
    stories.to_record()
    stories.put(teller("b", 1), "nonsense")
    stories.put(teller("alone", 9), "nonsense")
    assert stories.to_record() == {"b": "a", "alone": None}


@dataclass(frozen=True)
class Step:
    """An article comes, changes, or goes (no parts)."""

    id: str
    parts: tuple[int, ...]
    hours: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from("abcdefg"),
        st.lists(st.integers(1, 4), max_size=3, unique=True).map(tuple),
        st.sampled_from([0, 60, 120, 180, 240]),
    ),
    max_size=14,
)


def components(tellers: list[Teller]) -> dict[str, str | None]:
    """Return the stories as defined: whatever hangs together, week by week, named after the first seen."""
    groups: list[list[Teller]] = []
    for one in tellers:
        joined = [group for group in groups if any(tell_the_same(one, other) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([one, *(other for group in joined for other in group)])
    stories: dict[str, str | None] = {}
    for group in [part for whole in groups for part in weeks(whole)]:
        first = min(group, key=lambda one: (one.first_seen_at, one.id)).id
        stories |= {one.id: first if len(group) > 1 else None for one in group}
    return stories


def weeks(group: list[Teller]) -> list[list[Teller]]:
    """Part what hangs together, from its earliest article on, into what lies within the longest time of a story."""
    if not group:
        return []
    begin = min(one.published_at for one in group)
    rest = [one for one in group if one.published_at - begin > LONGEST]
    return [[one for one in group if one not in rest], *weeks(rest)]


@given(STEPS, st.randoms())
def test_stories_follow_from_the_articles_alone(steps: list[Step], dice: Random) -> None:
    """Replicas and restarts must come to the same stories whatever order the articles are heard in."""
    stories, live, record = Stories(), dict[str, Teller](), dict[str, str | None]()
    for step in steps:
        if step.parts:
            seen = "gfedcba".index(step.id)
            live[step.id] = teller(step.id, *step.parts, seen=seen, published=step.hours)
            stories.put(live[step.id], record.get(step.id))
        else:
            live.pop(step.id, None)
            stories.remove(step.id, record.get(step.id))
        record |= stories.to_record()
    expected = components(list(live.values()))
    assert {article_id: stories.story_of(article_id) for article_id in live} == expected
    assert {article_id: story for article_id, story in record.items() if story} == {
        article_id: story for article_id, story in expected.items() if story
    }
    shuffled = list(live.values())
    dice.shuffle(shuffled)
    again = filled(*shuffled)
    assert {article_id: again.story_of(article_id) for article_id in live} == expected


def test_an_unchanged_article_heard_again_changes_nothing() -> None:
    stories = filled(teller("a", 1), teller("b", 1))
    stories.to_record()
    stories.put(replace(teller("b", 1)), "a")
    assert stories.to_record() == {}
    assert len(stories) == 2
