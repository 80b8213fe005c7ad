"""`silkwire sources list`."""

from datetime import UTC, datetime

import pytest

from shared.contracts.http.sources import SourceHealth
from silkwire.backing.process import free_port
from silkwire.errors import StartError
from silkwire.sources.listing import fetch, table


def test_a_source_is_one_line_with_its_last_success_and_state() -> None:
    source = SourceHealth(
        id="s",
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
    assert head.split() == ["source", "land", "lang", "articles", "last", "success", "state"]
    assert line.split() == ["Silk", "Road", "Daily", "KZ", "en", "51", "2026-11-23", "09:30Z", "ok"]
    assert count == "1 sources"


def test_where_no_system_answers_the_way_out_is_told() -> None:
    with pytest.raises(StartError, match="No running Silkwire answers") as refused:
        fetch(f"http://127.0.0.1:{free_port()}/api/v1/sources")
    assert "silkwire up" in refused.value.way_out[0]
