"""Failpoints: nothing unless armed; armed, the process dies exactly where and when it was told to."""

import ast
import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import failpoints
from shared.failpoints import BUS_SENT, POINTS, SEARCH_HANDLE, FailpointError, arm, failpoint, unanswered

ROOT = Path(__file__).parents[3]

COUNTS = """
import sys
from shared import failpoints
failpoints.arm(sys.argv[1])
for number in range(1, 6):
    print(number, flush=True)
    failpoints.failpoint("search.handle", f"subject {number}", "a title")
"""

SENDS = """
import asyncio
from shared import failpoints
failpoints.arm("bus.sent:2")

async def send():
    print("sent", flush=True)
    await asyncio.sleep(0)
    print("answered", flush=True)

async def never():
    print("sent", flush=True)
    await asyncio.Event().wait()

async def main():
    await failpoints.unanswered("bus.sent", send())
    await failpoints.unanswered("bus.sent", never())
    print("unreachable", flush=True)

asyncio.run(main())
"""

SERVICE = """
from shared.service import main
from shared.settings import ServiceSettings

async def run(settings, context):
    return

main("sample", ServiceSettings, run)
"""


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    """No point of this process stays armed."""
    yield
    arm("")


def run(program: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, **environment},
    )


def test_a_point_kills_at_its_nth_hit_with_the_exit_code_of_a_kill() -> None:
    ended = run(COUNTS, "search.handle:3")
    assert (ended.returncode, ended.stdout.split()) == (137, ["1", "2", "3"])
    assert "failpoint search.handle" in ended.stderr


def test_a_point_can_kill_whenever_it_is_about_a_text() -> None:
    """A poisoned event kills whoever handles it, after every restart."""
    for _ in range(2):
        ended = run(COUNTS, "search.handle:match=subject 4")
        assert (ended.returncode, ended.stdout.split()) == (137, ["1", "2", "3", "4"])


def test_a_message_is_sent_and_its_answer_never_looked_at() -> None:
    ended = run(SENDS)
    assert (ended.returncode, ended.stdout.split()) == (137, ["sent", "answered", "sent"])


def test_without_arming_nothing_happens() -> None:
    for name in POINTS:
        failpoint(name, "anything")
    asyncio.run(unanswered(BUS_SENT, asyncio.sleep(0)))


def test_arming_names_what_is_armed_and_an_empty_text_disarms() -> None:
    assert arm(" bus.sent:9 , search.handle:match=a:b=c,search.handle:match=d") == [BUS_SENT, SEARCH_HANDLE]
    assert arm("") == []
    failpoint(SEARCH_HANDLE, "a:b=c")


@pytest.mark.parametrize("spec", ["bus.sent", "bus.sent:0", "bus.sent:-1", "bus.sent:²", "bus.sent:match=x",
                                  "search.handle:match=", "search.handle:mach=x", "bus.sent:1:2", ":1"])  # fmt: skip
def test_a_condition_that_is_none_is_refused_and_leaves_what_was_armed(spec: str) -> None:
    arm("search.before_write:2")
    with pytest.raises(FailpointError):
        arm(spec)
    assert list(failpoints._armed) == ["search.before_write"]


def test_a_service_refuses_an_unknown_point_with_2_and_names_those_there_are() -> None:
    ended = run(SERVICE, SILKWIRE_FAILPOINTS="ingest.after_lunch:1")
    assert ended.returncode == 2
    assert "SILKWIRE_FAILPOINTS" in ended.stderr
    assert "ingest.after_lunch" in ended.stderr
    assert all(name in ended.stderr for name in POINTS)


def test_a_service_that_was_armed_says_so() -> None:
    ended = run(SERVICE, SILKWIRE_FAILPOINTS="bus.sent:1")
    assert ended.returncode == 0
    assert '"failpoints_armed"' in ended.stdout + ended.stderr
    plain = run(SERVICE)
    assert '"failpoints_armed"' not in plain.stdout + plain.stderr


def sources() -> dict[Path, str]:
    """The product's own modules but for the one that defines the points."""
    folders = (ROOT / "shared/src", ROOT / "services", ROOT / "deploy/local/src")
    files = (path for folder in folders for path in folder.rglob("*.py") if ".venv" not in path.parts)
    return {path: path.read_text(encoding="utf-8") for path in files if path.name != "failpoints.py"}


def test_every_point_is_defined_by_a_constant_of_its_name() -> None:
    constants = {
        value: name
        for name, value in vars(failpoints).items()
        if name.isupper() and isinstance(value, str) and "." in value
    }
    assert constants.keys() == POINTS.keys()
    assert all(name == value.replace(".", "_").upper() for value, name in constants.items())


@pytest.mark.parametrize("point", POINTS)
def test_every_point_is_placed_exactly_once(point: str) -> None:
    """A test that arms a point which nothing reaches would pass for ever."""
    constant = point.replace(".", "_").upper()
    nodes = (node for text in sources().values() if constant in text for node in ast.walk(ast.parse(text)))
    assert sum(isinstance(node, ast.Name) and node.id == constant for node in nodes) == 1


def test_the_environment_is_read_by_the_runner_alone() -> None:
    reading = [path.name for path, text in sources().items() if "failpoints.arm(" in text]
    assert reading == ["service.py"]
