"""Work in threads that cannot be cancelled."""

import asyncio
import subprocess
import sys
import threading

import pytest

from ingest.pipeline.threads import BackgroundThreads

STUCK = """
import asyncio, threading
from ingest.pipeline.threads import BackgroundThreads

async def main():
    try:
        await asyncio.wait_for(BackgroundThreads(1).run(threading.Event().wait), 0.05)
    except TimeoutError:
        print("given up")

asyncio.run(main())
"""


async def test_what_work_returns_or_raises_reaches_the_caller() -> None:
    threads = BackgroundThreads(1)
    assert await threads.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_work_that_was_given_up_keeps_its_place_until_it_ends() -> None:
    threads, go = BackgroundThreads(1), threading.Event()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(threads.run(go.wait), 0.05)
    waiting = asyncio.create_task(threads.run(lambda: "next"))
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    go.set()
    assert await asyncio.wait_for(waiting, 5) == "next"


def test_the_end_of_the_process_does_not_wait_for_stuck_work() -> None:
    ended = subprocess.run(  # noqa: S603  our own interpreter and our own text
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "given up\n", "")
