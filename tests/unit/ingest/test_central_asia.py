"""The list of Central Asian sources that we hand out agrees with the rules of lists, and says what nobody has checked."""

from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from ingest.domain.sources.opml import parse_opml

ROOT = Path(__file__).parents[3]
LIST = ROOT / "deploy/sources/central-asia.opml"


def rows() -> list[Element]:
    found: list[Element] = fromstring(LIST.read_bytes()).findall(".//outline[@xmlUrl]")
    return found


def test_every_row_can_be_used() -> None:
    """Whoever starts with it must not begin with complaints."""
    listed = parse_opml(LIST.read_bytes(), LIST.name)
    assert listed.faults == ()
    assert len(listed.sources) == len(rows()) == 44
    assert Counter(source.rights for source in listed.sources) == {"excerpt": 44}
    assert {source.country for source in listed.sources} == {None, "KG", "KZ", "TJ", "TM", "UZ"}
    assert all(source.language for source in listed.sources)


def test_every_row_says_that_it_is_unverified_and_what_is_reported() -> None:
    """Nobody of us has fetched these feeds."""
    for row in rows():
        assert row.get("status", "").startswith("unverified 20")
        assert row.get("reported")


def test_rows_that_were_reported_as_wrong_are_paused() -> None:
    paused = {source.id for source in parse_opml(LIST.read_bytes(), LIST.name).sources if source.paused}
    assert {"centralasia-news", "zakon-kz", "vlast-kz"} <= paused


def test_the_documentation_has_every_address() -> None:
    told = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
    assert [row.get("xmlUrl") for row in rows() if f"| {row.get('xmlUrl')} |" not in told] == []
