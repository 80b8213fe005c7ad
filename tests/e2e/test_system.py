"""The system on one machine, in both its forms: it comes up, answers, heals, refuses clearly, and stops in order."""

import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.testing.eventually import eventually
from tests.backing import Backing
from tests.suites.local_system import FORMS, LocalSystem, running, servers

pytestmark = [pytest.mark.timeout(300), pytest.mark.rabbitmq, pytest.mark.mongodb]
TICKER = [
    "KGS/USD = 0.01190 0%",
    "KZT/USD = 0.00211 0%",
    "TJS/USD = 0.09438 0.21%",
    "UZS/USD = 0.00008 0%",
]


@pytest_asyncio.fixture(
    scope="module", params=[pytest.param(broker, id=form) for form, broker in FORMS.items()]
)
async def sample(
    request: pytest.FixtureRequest, backing: Backing, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LocalSystem]:
    """The running system on its sample, in each form in turn; its stop must be in order too."""
    options = servers(backing, str(request.param))
    async with running(tmp_path_factory.mktemp("system") / "data", options) as system:
        await system.up()
        yield system
        assert await system.stop(signal.SIGINT) == 0
        assert system.lines[-1] == "Stopped."
        assert not list((system.data / "run").iterdir())


async def test_the_sample_is_on_the_page_when_the_start_says_so(sample: LocalSystem) -> None:
    """The newcomer's first minute: one command, and the page shows what the readme shows."""
    answer = await sample.feed(q="taliban")
    assert answer["results"]["text"] == "Viewing results 1 - 6 of 248"
    assert len(answer["articles"]) == 6
    assert [entry["text"] for entry in answer["ticker"]] == TICKER
    page = (await sample.http.get("/", params={"q": "taliban"})).text
    assert "Viewing results 1 - 6 of 248" in page
    assert "sample data" in page


async def test_a_second_start_on_the_same_folder_is_refused(sample: LocalSystem) -> None:
    async with running(sample.data, ["--broker", "memory"]) as second:
        assert await second.ended() == 1
    assert f"already runs on {sample.data}" in second.output
    assert "--data DIR" in second.output


@pytest.mark.parametrize("sample", ["auto"], indirect=True, ids=["a process for each service"])
async def test_a_killed_search_heals(sample: LocalSystem) -> None:
    """After kill -9 the page is back within seconds, and the supervisor said what happened."""
    lines = len(sample.lines)
    os.kill(sample.pid_of("search"), signal.SIGKILL)

    async def told() -> bool:
        return "  ✓ search was started again" in sample.lines[lines:]

    async def answers() -> bool:
        answer = await sample.feed(q="taliban")
        return answer["stale"] is False and answer["results"]["total"] == 248

    await eventually(told, within_s=30)
    await eventually(answers, within_s=60)
    assert "  ! search ended (killed by SIGKILL); it is started again in 0.5 s" in sample.lines[lines:]


async def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with running(tmp_path / "data", ["--broker", "memory"], port=port) as system:
            assert await system.ended() == 1
    assert f"Port {port}, for the page, is taken by another program." in system.output
    assert "✓" not in system.output


async def test_a_broker_that_is_gone_is_told_with_the_way_out(tmp_path: Path) -> None:
    arguments = ["--no-sample", "--broker", "amqp://guest:guest@127.0.0.1:1/"]
    async with running(tmp_path / "data", arguments) as system:
        assert await system.ended() == 1
    assert "No RabbitMQ answers at 127.0.0.1:1." in system.output
    assert "--broker memory" in system.output


@pytest.mark.parametrize(
    ("text", "told"),
    [("not xml", "line 1: not XML"), ("<html></html>", "the root element is <html>, not <opml>")],
)
async def test_a_list_of_sources_that_is_none_is_told_before_anything_is_started(
    tmp_path: Path, text: str, told: str
) -> None:
    listed = tmp_path / "sources.opml"
    listed.write_text(text, encoding="utf-8")
    async with running(tmp_path / "data", ["--sources", str(listed), "--broker", "memory"]) as system:
        assert await system.ended() == 1
    assert told in system.output
    assert "✓" not in system.output
