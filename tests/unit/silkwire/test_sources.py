"""`silkwire sources list`."""

from datetime import UTC, datetime

from shared.contracts.http.sources import SourceHealth
from silkwire.sources.listing import table


def test_a_source_is_one_line_with_its_id_its_last_success_and_state() -> None:
    """The id is what pause, resume, poll and remove ask for."""
    source = SourceHealth(
        id="silk-1b3a14",
        name="Silk Road Daily",
        outlet="silk",
        country="KZ",
        language="en",
        rights="excerpt",
        url="https://silk.example/feed",
        interval_s=300,
        last_success_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        articles=51,
    )
    head, line, count = table([source])
    assert head.split() == ["source", "id", "country", "language", "articles", "last", "success", "state"]
    assert line.split() == [
        *["Silk", "Road", "Daily", "silk-1b3a14", "KZ", "en", "51", "2026-11-23", "09:30Z", "ok"]
    ]
    assert count == "1 source"


def test_the_columns_stand_below_their_heads_however_long_an_id_is() -> None:
    """A name may be cut; an id never, or it could not be copied."""
    long = SourceHealth(
        id="i" * 60, name="n" * 90, outlet="o", rights="excerpt", url="https://a.kg/feed", interval_s=300,
        state="failing", last_failure="not_found",
    )  # fmt: skip
    head, line, _ = table([long])
    assert line.index("i" * 60) == head.index("id")
    assert line[head.index("state") :] == "failing: not found"
