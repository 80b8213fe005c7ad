"""What is said about an article fits into an event."""

from ingest.domain.articles.decide import decide
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.pipeline.events import collected
from shared.contracts.envelope import MAX_BODY_BYTES
from tests.suites.ingest_stores import NOW, source


def test_the_heaviest_article_fits_into_one_event() -> None:
    worst = '"\\я😀' * 100
    entry = RawEntry(
        guid="tag:heaviest",
        link="/" + "x" * 1900,
        title=Markup(worst * 10, is_html=False),
        contents=(Markup(f"<p>{worst}</p>" * 5000, is_html=True),),
        summary=Markup(worst * 1000, is_html=False),
        authors=tuple(f"{number} {worst}" for number in range(50)),
        topics=tuple(f"{number} {worst}" for number in range(50)),
        images=("/" + "y" * 1900,),
    )
    (heaviest,) = normalise_feed(RawFeed("rss20", entries=(entry,)), source("a"), source("a").url).candidates
    event = collected(heaviest, decide(None, heaviest, NOW), source("a"), NOW)
    assert heaviest.cut
    assert 600_000 < len(event.data) <= MAX_BODY_BYTES
