"""Near-duplicates with known answers, fed through the queue on real servers: all true pairs and no false one."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from shared.bus import open_bus
from shared.mongo import connect
from shared.testing.eventually import eventually
from tests.integration.search.test_service import searching
from tests.suites.article_builders import collected, sealed
from tests.suites.rewritten_news import near_duplicates


@pytest.fixture
def given(mongodb_uri: str, database_name: str, tmp_path: Path) -> dict[str, Any]:
    """Settings of a service on this test's own database and folder."""
    return {
        "mongodb_uri": mongodb_uri,
        "mongodb_database": database_name,
        "data_dir": tmp_path / "views",
    }


@pytest.mark.parametrize("size", [100, 1000])
async def test_all_pairs_of_near_duplicates_fed_through_the_queue_become_stories_and_no_others_do(
    given: dict[str, Any], amqp_url: str, conformance_data: Path, size: int
) -> None:
    """One story shown once, whoever sends it: what the issue asks for, from the event to the answer."""
    items, true = near_duplicates(conformance_data / "corpora" / "near-duplicates", size)
    publisher = open_bus(amqp_url, service="ingest", registry=CollectorRegistry())
    client = connect(given["mongodb_uri"])
    articles = client.database(given["mongodb_database"])["articles"]
    async with searching(amqp_url=amqp_url, **given) as search:
        await search.ready()
        for number, item in enumerate(items):
            event = collected(item.id, title=f"Report {number}", text=item.text, outlet=f"{item.id}.test")
            await publisher.publish(sealed(event))

        async def grouped() -> bool:
            assert await articles.count_documents({}) == len(items)
            rows = await articles.find({"story": {"$type": "string"}}, {"story": 1}).to_list(len(items))
            stories: dict[str, set[str]] = {}
            for row in rows:
                stories.setdefault(row["story"], set()).add(row["_id"])
            pairs = {frozenset(pair) for told in stories.values() for pair in combinations(sorted(told), 2)}
            assert pairs == true
            return True

        await eventually(grouped, within_s=90, what="every true pair and no other")

        async def shown() -> bool:
            once = await search.api.get("/v1/search", params={"collapse": "story"})
            every = await search.api.get("/v1/search")
            totals = [answer.json()["results"]["total"] for answer in (every, once)]
            assert totals == [len(items), len(items) - len(true)]
            return True

        await eventually(shown, within_s=30, what="each story once")
        one, other = sorted(min(true, key=sorted))
        whole = (await search.api.get(f"/v1/articles/{other}")).json()
        assert {member["id"] for member in whole["members"]} == {one, other}
        assert whole["story"]["size"] == 2
    await publisher.close()
    await client.close()
