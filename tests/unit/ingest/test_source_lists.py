"""Lists of sources go out, come back, and are merged into those there are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.sources.merge import merge
from ingest.domain.sources.opml import SourceList, parse_opml
from ingest.domain.sources.opml_writing import write_opml
from ingest.domain.sources.rows import FieldError, source_of
from ingest.domain.sources.source import Source
from tests.suites.ingest_stores import source

NAMES = st.text(max_size=400).filter(lambda text: text.strip() != "")


@pytest.fixture(autouse=True, scope="module")
def time_zones_are_known() -> None:
    """The machine's time zones are looked for once, which hypothesis would take for a slow example."""
    source_of({"xmlurl": "https://a.kg/rss", "timezone": "Asia/Bishkek"}, "A")


@st.composite
def sources_of_a_list(draw: st.DrawFn) -> list[Source]:
    """Sources as administrators may have made them, each with an id and an address of its own."""
    made: list[Source] = []
    for number in range(draw(st.integers(0, 4))):
        attributes = {
            "xmlurl": f"https://s{number}.kg/{draw(st.sampled_from(['rss', 'лента?a=1&b=<2>', '']))}",
            "outlet": draw(NAMES),
            "country": draw(st.sampled_from(["KG", "kz"])),
            "language": draw(st.sampled_from(["ru", "ky-KG"])),
            "rights": draw(st.sampled_from(["title", "excerpt", "full"])),
            "interval": repr(draw(st.floats(0.001, 604_800))),
            "fulltext": draw(st.sampled_from(["true", "false"])),
            "timezone": "Asia/Bishkek",
            "paused": draw(st.sampled_from(["true", "false"])),
            "htmlurl": f"https://s{number}.kg/дом",
        }
        left = draw(st.sets(st.sampled_from(sorted(attributes.keys() - {"xmlurl"}))))
        kept = {name: value for name, value in attributes.items() if name not in left}
        made.append(source_of(kept, draw(NAMES)))
    return made


def read(opml: bytes) -> SourceList:
    listed = parse_opml(opml, "list.opml")
    assert listed.faults == ()
    return listed


@given(sources_of_a_list())
def test_a_list_that_was_written_reads_as_the_same_sources(sources: list[Source]) -> None:
    """Somebody moves to another machine with nothing but the list."""
    assert list(read(write_opml(sources, "Sources")).sources) == sources


@given(sources_of_a_list())
def test_a_list_merged_into_its_own_sources_changes_nothing(sources: list[Source]) -> None:
    done = merge(sources, read(write_opml(sources, "Sources")))
    assert (done.added, done.changed, done.refused) == ((), (), ())
    assert list(done.unchanged) == sources


@given(sources_of_a_list(), sources_of_a_list())
def test_merging_a_list_twice_is_merging_it_once(known: list[Source], other: list[Source]) -> None:
    """Whoever is not sure that an import was done does it again."""
    listed = read(write_opml(other, "Sources"))
    first = merge(known, listed)
    changed = {one.before.id: one.after for one in first.changed}
    then = [changed.get(one.id, one) for one in known] + list(first.added)
    second = merge(then, listed)
    assert (second.added, second.changed) == ((), ())
    assert second.refused == first.refused


def merged(body: str, *known: Source) -> tuple[list[str], list[tuple[str, tuple[str, ...]]], list[str]]:
    opml = f'<opml version="2.0"><body>{body}</body></opml>'.encode()
    done = merge(known, parse_opml(opml, "list.opml"))
    return (
        [one.id for one in done.added],
        [(one.after.id, one.fields) for one in done.changed],
        [one.reason for one in done.refused],
    )


def test_a_list_of_another_program_takes_nothing_away() -> None:
    """Feed readers write title and address, and know nothing of rights."""
    known = source("a", rights="full", full_text=True)
    assert merged('<outline text="New name" xmlUrl="http://a.kg/rss/"/>', known) == (
        [],
        [("a", ("url", "name"))],
        [],
    )
    assert merged('<outline text="A" xmlUrl="https://a.kg/rss"/>', known) == ([], [], [])


def test_a_row_with_an_id_may_change_the_address() -> None:
    moved = '<outline text="A" id="a" xmlUrl="https://a.kg/feed" rights="title"/>'
    assert merged(moved, source("a")) == ([], [("a", ("url", "rights"))], [])


def test_an_address_stays_with_the_source_that_has_it() -> None:
    """Two sources on one feed would fetch it twice and quarrel over its articles."""
    taken = '<outline text="B" id="b" xmlUrl="https://a.kg/rss"/>'
    assert merged(taken, source("a")) == ([], [], ["its address belongs to the source a"])
    assert merged(taken, source("a"), source("b"))[2] == ["its address belongs to the source a"]


def test_a_row_that_is_named_twice_is_told() -> None:
    rows = '<outline text="A" xmlUrl="https://a.kg/rss"/><outline text="B" id="a" xmlUrl="https://b.kg/rss"/>'
    assert merged(rows, source("a"))[2] == ["a second row about the source a"]


def test_names_lose_what_cannot_be_shown() -> None:
    """A name with an escape sequence would paint an operator's terminal."""
    made = source_of({"xmlurl": "https://a.kg/rss"}, "A\x1b[31m \ud800B\nC")
    assert made.name == "A [31m B C"
    assert replace(made, name="") != made


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(FieldError) as refused:
        source_of({"xmlurl": "https://a.kg/rss", "timezone": "Bishkek"}, "A")
    assert (refused.value.field, refused.value.reason[:8]) == ("timeZone", "timeZone")
