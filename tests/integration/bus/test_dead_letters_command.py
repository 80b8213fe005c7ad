"""`silkwire dead-letters` as a user runs it: a process of its own, on a real broker and on a data folder."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.bus import Reject
from shared.bus.dead_letter_file import DeadLetter, DeadLetterFile, LetterFile
from shared.bus.dead_letter_queue import open_dead_letter_queues
from shared.bus.memory import MemoryBus
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from shared.testing.eventually import eventually
from silkwire.backing import rabbitmq
from silkwire.folder import DataFolder
from tests.suites.bus_suite import RETRY_DELAYS_S, Reader, consuming, wait_until, withdrawn
from tests.suites.dead_letter_suite import Place, wait_for_count


class Command:
    """One `silkwire dead-letters ...` under way."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, *arguments: str, folder: Path | None = None, amqp_url: str = "") -> "Command":
        """Start it, with nothing but AMQP_URL known of where to look."""
        environment = {**os.environ, "AMQP_URL": amqp_url, "COLUMNS": "200"}
        script = str(Path(sys.executable).with_name("silkwire"))
        return cls(
            await asyncio.create_subprocess_exec(
                script,
                "dead-letters",
                *arguments,
                env=environment,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        )

    async def progress(self) -> str:
        """Wait until it tells of letters that are done."""
        assert self.process.stderr is not None
        while line := (await asyncio.wait_for(self.process.stderr.readline(), 30)).decode():
            if "looked at" in line and " 0 replayed" not in line:
                return line
        raise AssertionError("it ended without a word")

    async def end(self) -> tuple[int, str, str]:
        """Wait until it has ended; give exit code, output and errors."""
        out, err = await asyncio.wait_for(self.process.communicate(), 60)
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()


async def run(*arguments: str, folder: Path | None = None, amqp_url: str = "") -> tuple[int, str, str]:
    """Run the command to its end."""
    return await (await Command.start(*arguments, folder=folder, amqp_url=amqp_url)).end()


@contextmanager
def rabbitmq_node(folder: Path) -> Iterator[str]:
    """A node of a data folder's own, as `silkwire up` starts it."""
    node = rabbitmq.start(folder)
    try:
        yield node.url
    finally:
        node.stop()


@pytest.fixture
def place(bus: RabbitBus, amqp_url: str) -> Place:
    return Place(bus, lambda: open_dead_letter_queues(amqp_url))


async def test_500_letters_replayed_by_a_command_that_is_killed_and_run_again_have_500_effects_once_each(
    place: Place, bus: RabbitBus, amqp_url: str
) -> None:
    names = [f"a{number}" for number in range(500)]
    reader = Reader(trouble={name: ValueError("mongodb refuses it") for name in names})
    async with consuming(bus, reader):
        await asyncio.gather(*(bus.publish(withdrawn(name)) for name in names))
        async with place.store() as store:
            await wait_for_count(store, at_least=500, within_s=60)
        assert {letter.said.attempts for letter in await place.letters()} == {1 + len(RETRY_DELAYS_S)}

        reader.trouble.clear()
        killed = await Command.start("replay", "--broker", amqp_url, "--rate", "40")
        await killed.progress()
        killed.process.kill()
        assert (await killed.end())[0] == -signal.SIGKILL

        async def returned() -> bool:
            return len(reader.handled) + len(await place.letters()) >= 500

        await eventually(returned, what="the broker has noticed the kill")
        left = len(await place.letters())
        assert 0 < left < 500

        code, out, _ = await run("replay", "--broker", amqp_url, "--rate", "0")
        assert code == 0
        assert out.startswith(f"Replayed {left} of {left} dead letters in ")
        await wait_until(lambda: len(reader.handled) == 500, "all are handled")
    assert set(reader.handled) == set(names)
    assert reader.handled.total() <= 501, "only the letter in hand at the kill may be heard twice"
    assert await place.letters() == []


async def test_ctrl_c_ends_a_replay_in_order_and_says_what_was_done(
    place: Place, bus: RabbitBus, amqp_url: str
) -> None:
    names = [f"a{number}" for number in range(60)]
    await place.bury(*names)
    command = await Command.start("replay", "--rate", "10", amqp_url=amqp_url)
    await command.progress()
    command.process.send_signal(signal.SIGINT)
    code, out, err = await command.end()
    assert code == 130
    assert "Stopped; what was not yet done is still there." in err
    left = await place.subjects()
    assert out.startswith(f"Replayed {60 - len(left)} of 60 dead letters in ")
    assert left == names[60 - len(left) :]
    reader = Reader()
    async with consuming(bus, reader):
        await wait_until(lambda: len(reader.handled) == 60 - len(left), "those done are heard")
    assert reader.handled == Counter(names[: 60 - len(left)]), "in order, so none of them twice"


async def test_letters_are_listed_for_people_and_for_programs_and_shown_in_full(
    place: Place, amqp_url: str
) -> None:
    await place.bury("a", "b", reason="no such outlet")
    await place.bury("c", reason="\x1b[31mrotten")
    code, out, err = await run("list", amqp_url=amqp_url)
    assert (code, err) == (0, "")
    head, *rows, summary, total = out.splitlines()
    assert head.split()[:4] == ["id", "type", "subject", "cause"]
    assert [row.split()[2:5] for row in rows] == [[name, "rejected", "1"] for name in "abc"]
    assert rows[0].startswith(withdrawn("a").id[:12])
    assert rows[0].endswith("no such outlet")
    assert rows[2].endswith("\\x1b[31mrotten"), "what comes from outside cannot play with the terminal"
    assert summary.split() == ["3", SEARCH_ARTICLES, "rejected"]
    assert total.split() == ["3", "in", "all"]

    code, out, _ = await run("list", "--json", "--reason", "OUTLET", "--newer-than", "1h", amqp_url=amqp_url)
    told = [json.loads(line) for line in out.splitlines()]
    assert [(one["subject"], one["cause"], one["queue"]) for one in told] == [
        ("a", "rejected", SEARCH_ARTICLES),
        ("b", "rejected", SEARCH_ARTICLES),
    ]
    assert await run("list", "--json", "--older-than", "1h", amqp_url=amqp_url) == (0, "", "")

    code, out, _ = await run("show", withdrawn("b").id[:16], amqp_url=amqp_url)
    assert code == 0
    assert "cause     rejected: no such outlet" in out
    assert f"cloudEvents_id: {withdrawn('b').id}" in out
    assert '"reason": "owner: asked for it"' in out
    code, out, _ = await run("show", withdrawn("b").id, "--json", amqp_url=amqp_url)
    assert json.loads(out)["body"] == json.loads(withdrawn("b").data)
    code, _, err = await run("show", "0000", amqp_url=amqp_url)
    assert (code, "No dead letter's id begins with 0000." in err) == (1, True)
    assert await place.subjects() == ["a", "b", "c"]


async def test_a_dry_run_changes_nothing_and_a_drop_without_a_filter_must_be_meant(
    place: Place, amqp_url: str, tmp_path: Path
) -> None:
    await place.bury("a", "b")
    code, out, _ = await run("replay", "--dry-run", "--limit", "1", amqp_url=amqp_url)
    assert (code, "1  in all" in out) == (0, True)
    code, out, _ = await run("drop", "--dry-run", amqp_url=amqp_url)
    assert (code, "2  in all" in out) == (0, True)
    code, _, err = await run("drop", amqp_url=amqp_url, folder=tmp_path)
    assert (code, "--all" in err) == (1, True)
    assert await place.subjects() == ["a", "b"]

    code, out, _ = await run("drop", "--id", withdrawn("a").id[:9], amqp_url=amqp_url, folder=tmp_path)
    [backup] = (tmp_path / ".silkwire" / "dead-letters").iterdir()
    assert (code, str(backup.relative_to(tmp_path)) in out) == (0, True)
    assert [kept.body for kept in LetterFile(backup).read()] == [withdrawn("a").data]
    code, out, _ = await run("drop", "--all", "--no-backup", "--json", amqp_url=amqp_url, folder=tmp_path)
    assert (code, json.loads(out)["dropped"], json.loads(out)["backup"]) == (0, 1, None)
    assert await place.subjects() == []


async def test_what_cannot_be_reached_or_is_not_there_is_told_with_the_way_out(
    tmp_path: Path, amqp_url: str
) -> None:
    code, _, err = await run("list", "--data", str(tmp_path / "none"))
    assert (code, "There is no data folder" in err, "--broker" in err) == (1, True, True)
    code, _, err = await run("list", amqp_url=amqp_url)
    assert (code, "has no queue" in err, "has one ever run" in err) == (1, True, True)
    code, _, err = await run("list", "--queue", "search.v9", amqp_url=amqp_url)
    assert (code, SEARCH_ARTICLES in err) == (1, True)
    code, _, err = await run("list", "--older-than", "soon", amqp_url=amqp_url)
    assert (code, "write 90s, 15m, 2h, 7d" in err) == (2, True)
    (tmp_path / "rabbitmq").mkdir()
    code, _, err = await run("list", "--data", str(tmp_path))
    assert (code, "does not run" in err, "silkwire up --data" in err) == (1, True, True)


@pytest.mark.usefixtures("rabbitmq_here")
async def test_the_node_of_a_data_folder_is_found_by_the_folder(
    tmp_path: Path, registry: CollectorRegistry
) -> None:
    with rabbitmq_node(tmp_path / "rabbitmq") as url:
        bus = RabbitBus(url, service="test", registry=registry, retry_delays_s=RETRY_DELAYS_S)
        bus.start()
        await Place(bus, lambda: open_dead_letter_queues(url)).bury("a")
        code, out, err = await run("list", "--data", str(tmp_path), "--json")
        assert (code, err, json.loads(out)["subject"]) == (0, "", "a")
        await bus.close()


async def test_a_one_process_system_is_stopped_for_a_replay_and_hears_the_events_at_its_start(
    tmp_path: Path,
) -> None:
    names = [f"a{number}" for number in range(50)]
    letters = tmp_path / "dead-letters"
    bus = MemoryBus(letters, CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    async with consuming(bus, Reader(trouble={name: Reject("rotten") for name in names})):
        await asyncio.gather(*(bus.publish(withdrawn(name)) for name in names))
    await bus.close()
    data = ("--data", str(tmp_path))
    with closing(DataFolder(tmp_path)):
        code, out, _ = await run("list", *data)
        assert (code, "50  in all" in out) == (0, True)
        code, _, err = await run("replay", *data)
        assert (code, "already runs" in err, "stop it" in err) == (1, True, True)
    code, out, err = await run("replay", *data)
    assert (code, err) == (0, "")
    assert out.startswith("Replayed 50 of 50 dead letters")
    assert "next start" in out
    assert list(DeadLetterFile(letters, SEARCH_ARTICLES).read()) == []

    reader = Reader()
    bus = MemoryBus(letters, CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    async with consuming(bus, reader):
        await wait_until(lambda: len(reader.handled) == 50, "all are heard")
    await bus.close()
    assert reader.handled == Counter(names)


async def test_letters_of_a_one_process_system_are_dropped_into_a_backup(tmp_path: Path) -> None:
    file = DeadLetterFile(tmp_path / "dead-letters", SEARCH_ARTICLES)
    file.append(*(DeadLetter(dict(to_headers(withdrawn(name))), b"{}") for name in "abc"))
    backup = tmp_path / "kept.jsonl"
    code, _, err = await run(
        "drop", "--data", str(tmp_path), "--id", withdrawn("b").id, "--backup", str(backup)
    )
    assert (code, err) == (0, "")
    assert [kept.headers["cloudEvents_subject"] for kept in LetterFile(backup).read()] == ["b"]
    assert [left.headers["cloudEvents_subject"] for left in file.read()] == ["a", "c"]
