"""An article is taken down by its owner: gone from search, page and databases, and its address answers 410."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from shared.testing.eventually import eventually
from tests.backing import Backing
from tests.suites.counted_newsroom import counted_newsroom, opml_of, quick
from tests.suites.local_system import LocalSystem, running, servers

TOKEN = "token-of-the-end-to-end-test"
pytestmark = [pytest.mark.timeout(300), pytest.mark.rabbitmq, pytest.mark.mongodb]


async def silkwire(*arguments: str, token: str = TOKEN) -> tuple[int, str, str]:
    """Run the command line as a user does; exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("silkwire")),
        *arguments,
        env={**os.environ, "GATEWAY_ADMIN_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_withdrawn_article_is_gone_everywhere_and_stays_away(
    tmp_path: Path, backing: Backing
) -> None:
    """What a court orders, and a publisher's feed that goes on showing it does not undo."""
    (folder := tmp_path / "newsroom").mkdir()
    async with counted_newsroom(folder) as room:
        options = ["--sources", str(opml_of(room, tmp_path)), *servers(backing, "auto")]
        environment = {**quick(room), "GATEWAY_ADMIN_TOKEN": TOKEN, "INGEST_ADMIN_TOKEN": TOKEN}
        async with running(tmp_path / "data", options, environment=environment) as system:
            await system.up()
            await room.publish(1)
            [told] = [one for one in await room.articles() if one["title"].startswith("Numbered notice")]
            query = f'title:"{told["title"]}"'

            async def found(count: int) -> list[dict[str, object]] | None:
                listed: list[dict[str, object]] = (await system.feed(q=query))["articles"]
                return listed or [{}] if len(listed) == count else None

            [article] = await eventually(lambda: found(1), within_s=60, what="the article is found") or []
            await _withdraw(system, str(article["id"]))
            await eventually(lambda: found(0), within_s=60, what="the article is gone from search")
            answer = await system.http.get(f"/api/v1/articles/{article['id']}")
            assert (answer.status_code, answer.json()["type"]) == (
                410,
                "urn:silkwire:problem:article-withdrawn",
            )
            assert (await system.http.get(f"/articles/{article['id']}")).status_code == 410
            await room.edit(told["source"], told["id"], "Edited after its withdrawal")
            await room.publish(1)

            async def next_one() -> bool:
                return bool((await system.feed(q="title:numbered"))["articles"])

            await eventually(next_one, within_s=60, what="the feeds were read since")
            assert (await system.feed(q='title:"edited after its withdrawal"'))["articles"] == []


async def _withdraw(system: LocalSystem, article_id: str) -> None:
    address = ["--url", f"http://127.0.0.1:{system.port}", "--reason", "a test"]
    for token in ("wrong-token-wrong", ""):
        code, _, err = await silkwire("articles", "withdraw", article_id, *address, token=token)
        assert (code, "token is missing or wrong" in err) == (1, True)
    kept = ["--data", str(system.data), "--reason", "a test", "--dry-run"]
    code, out, _ = await silkwire("articles", "withdraw", article_id, *kept, token="")
    assert (code, "would be withdrawn (revision 1)" in out) == (0, True)
    code, out, _ = await silkwire("articles", "withdraw", article_id, *address, "--json")
    assert (code, json.loads(out)["rev"], json.loads(out)["withdrawn"]) == (0, 2, True)
    code, out, _ = await silkwire("articles", "withdraw", article_id, *address)
    assert (code, "was withdrawn before (revision 2)" in out) == (0, True)
    code, _, err = await silkwire("articles", "withdraw", "nobody", *address)
    assert (code, "No article is known by nobody." in err) == (1, True)
