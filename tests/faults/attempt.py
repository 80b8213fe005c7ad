"""Runs one experiment in a folder of its own: whatever happens becomes a row of the table, and the others go on."""

import asyncio
import shutil
import time
import traceback
from contextlib import suppress
from pathlib import Path

from tests.faults.catalogue import Experiment
from tests.faults.report import Row
from tests.faults.rig import Plan, Say

ROOM_BYTES = 2 << 30
"""The largest experiment leaves less than half of it on the disk."""


async def attempt(one: Experiment, folder: Path, *, quick: bool, seed: int, say: Say, keep: bool) -> Row:
    """Run an experiment and return its row, whose key is the folder's name.

    Args:
        one: what to do.
        folder: its own; what an earlier run left there is removed first.
        quick: whether in its short form.
        seed: of its chances.
        say: told what goes on.
        keep: False removes the folder once the experiment has passed; what failed is always kept, to be looked at.
    """
    # What an earlier run left there would be taken for this one's.
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    result, trouble = None, ""
    try:
        folder.mkdir(parents=True)
        trouble = _want_of_room(folder)
        if not trouble:
            async with asyncio.timeout(one.limit_s):
                result = await one.run(Plan(quick, seed, say, folder))
    except Exception as error:  # noqa: BLE001  a broken experiment is a row of the table, the others go on
        trouble = f"broke down: {type(error).__name__}: {str(error)[:500]}"
        # Where the disk is full this fails too.
        with suppress(OSError):
            (folder / "trouble.txt").write_text(traceback.format_exc(), encoding="utf-8")
    row = Row(folder.name, one.title, time.monotonic() - began, result, trouble, must_fail=one.control)
    if row.verdict == "pass" and not keep:
        shutil.rmtree(folder, ignore_errors=True)
    return row


def _want_of_room(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free >= ROOM_BYTES:
        return ""
    return (
        f"not begun: the disk of {folder.parent} has {free / 2**30:.1f} GiB free, an experiment needs "
        f"{ROOM_BYTES / 2**30:.0f}; remove what is not needed there, or name another place: TMPDIR=DIR make faults"
    )


__all__ = ["ROOM_BYTES", "attempt"]
