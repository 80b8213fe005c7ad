"""A service as a process: exit codes that an orchestrator can act on, a drain with a bound."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from shared.service import run_until_stopped

PROGRAM = """
import asyncio
from shared.service import main
from shared.settings import ServiceSettings

async def run(settings, context):
    print("up", flush=True)
    await context.stop.wait()
    {after}

main("sample", ServiceSettings, run)
"""


def start(after: str = "pass", **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", PROGRAM.format(after=after)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def stop_when_up(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str]:
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    _out, err = process.communicate(timeout=20)
    return process.returncode, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_in_order_with_0(number: signal.Signals) -> None:
    code, log = stop_when_up(start(), number)
    assert code == 0
    assert '"outcome": "ok"' in log


def test_work_that_will_not_end_is_cut_off_at_the_bound_with_3() -> None:
    code, log = stop_when_up(start("await asyncio.Event().wait()", SHUTDOWN_S="0.2"), signal.SIGTERM)
    assert code == 3
    assert '"outcome": "cut"' in log


def test_a_crash_exits_with_1_and_its_traceback() -> None:
    code, log = stop_when_up(start("raise RuntimeError('the cable is loose')"), signal.SIGTERM)
    assert code == 1
    assert "the cable is loose" in log


def test_a_wrong_setting_exits_with_2_and_names_the_key() -> None:
    process = start(PORT="0")
    _out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith("sample: PORT=0:")
    assert "at least 1" in err


def test_a_setting_that_proves_wrong_when_it_is_used_exits_with_2_without_a_traceback() -> None:
    """Whoever named a file that is not there."""
    wrong = "from shared.settings import SettingsError; raise SettingsError(['SAMPLE_FILE: not there'])"
    code, log = stop_when_up(start(wrong), signal.SIGTERM)
    assert code == 2
    assert "SAMPLE_FILE: not there" in log
    assert "Traceback" not in log


async def test_work_that_ends_by_itself_is_not_waited_for() -> None:
    async def nothing() -> None:
        return

    assert await asyncio.wait_for(run_until_stopped(nothing(), asyncio.Event(), 60), 1)
