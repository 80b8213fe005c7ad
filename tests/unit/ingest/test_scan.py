"""What is seen of a document before it is parsed."""

import pytest

from ingest.domain.parsing.scan import first_entries, without_comments


@pytest.mark.parametrize("name", ["item", "entry", "atom:entry", "ITEM"])
def test_entries_beyond_the_limit_are_taken_out_and_the_end_tags_kept(name: str) -> None:
    entries = [f"<{name} id='{number}'>{number}</{name}>" for number in range(4)]
    document = f"<feed><items/>{''.join(entries)}</feed>"
    assert first_entries(document, 2) == (f"<feed><items/>{entries[0]}{entries[1]}</feed>", 2)


@pytest.mark.parametrize("most", [3, 4])
def test_a_document_within_the_limit_is_left_alone(most: int) -> None:
    document = "<rss>" + "<item/>" * 3 + "</rss>"
    assert first_entries(document, most) == (document, 0)


@pytest.mark.parametrize("text", ["<![CDATA[<item><item>]]>", "<!-- <item><item> -->"])
def test_entries_that_are_only_text_do_not_count(text: str) -> None:
    document = f"<rss><item>{text}</item><item/></rss>"
    assert first_entries(document, 2) == (document, 0)


@pytest.mark.parametrize("opening", ["<![CDATA[", "<!--", "<!-- -- >"])
def test_what_a_lenient_parser_reads_as_entries_counts(opening: str) -> None:
    assert first_entries(f"<rss>{opening}" + "<item>" * 5, 2) == (f"<rss>{opening}<item><item>", 3)


def test_a_cut_inside_unclosed_entries_leaves_no_tail() -> None:
    assert first_entries("<rss><item>a</item><item>b<item>c", 1) == ("<rss><item>a</item>", 2)


@pytest.mark.parametrize("piece", ["<!--", "<![CDATA[", "<!-- --", "<item "])
def test_hostile_openings_are_read_in_linear_time(piece: str) -> None:
    document = piece * 200_000
    first_entries(document, 10)
    without_comments(document)


def test_comments_are_removed() -> None:
    assert without_comments("a<!-- x -->b<!----\n>c<!-- open <rss>") == "abc"
