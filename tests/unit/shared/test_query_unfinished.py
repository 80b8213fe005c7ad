"""A query that is still being typed: what was finished is read as ever, the last word may go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.query import fold, read_query, read_unfinished
from tests.unit.shared.test_query_grammar import PIECES


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("uzb", "title:uzb*"),
        ("trade tas", "trade title:tas*"),
        ("trade tas ", "trade title:tas*"),
        ("uzb*", "title:uzb*"),
        ("osh-baz", "osh title:baz*"),
        ("title:ba", "title:ba*"),
        ("title:osh ba", "title:osh title:ba*"),
        ('"foreign mini', "foreign title:mini*"),
        ('"foreign exchange mini', '"foreign exchange" title:mini*'),
        ("«foreign exchange mini", '"foreign exchange" title:mini*'),
        ('"mini', "title:mini*"),
        ('title:"foreign exchange mini', 'title:"foreign exchange" title:mini*'),
        ('title:"mini', "title:mini*"),
        ("foo OR ba", "foo OR title:ba*"),
        ("-foo ba", "title:ba* -foo"),
        ("source:ka ba", "title:ba* source:ka"),
        ("unknown:ba", "unknown title:ba*"),
        ("https://orda.test/ab", '"https orda test" title:ab*'),
        ("after ba", "after title:ba*"),
        ("ba -", "title:ba*"),
    ],
)
def test_the_last_word_is_looked_for_as_the_beginning_of_one_in_titles(typed: str, told: str) -> None:
    found = read_unfinished(typed, 2)
    assert found is not None
    assert found.query.read_as == told


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "t",
            "***",
            "foo b",
            "-ba",
            "foo -ba",
            '-"foreign mini',
            "-title:ba",
            "source:ka",
            'topic:"new ye',
        ),
        *("LANG:ru", "after:202", "before:2026", "source:", "title:", "foo after:"),
    ],
)
def test_what_is_no_word_to_look_for_does_not_go_on(typed: str) -> None:
    """Readers were offered words of titles for a source that they were about to name, or did not want to see."""
    assert read_unfinished(typed, 2) is None


@given(pieces=st.lists(PIECES, max_size=8), last=st.sampled_from(["ba", "Ошс", "o'z"]), quoted=st.booleans())
def test_the_last_word_goes_on_whatever_stands_before_it(
    pieces: list[str], last: str, *, quoted: bool
) -> None:
    head = " ".join(piece for piece in pieces if "*" not in piece and piece.count('"') != 1)
    found = read_unfinished(f"{head} {chr(34) * quoted}{last}", 2)
    assert found is not None
    assert found.form == fold(last).replace("'", "")
    prefixes = [words for group in found.query.groups for words in group.any_of if words.prefix]
    assert [(words.forms, words.in_title) for words in prefixes] == [((found.form,), True)]
    before = read_query(head)
    assert found.query.excluded == before.excluded
    assert found.query.filters == before.filters
    assert len(found.query.groups) in {len(before.groups), len(before.groups) + 1}


@given(text=st.text(max_size=40))
def test_nothing_that_anybody_types_is_refused(text: str) -> None:
    found = read_unfinished(text, 2)
    assert found is None or found.query.has_words
