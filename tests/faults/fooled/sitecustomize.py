# ruff: noqa: INP001  Python looks for a module of this name, in no package
"""Loaded by a process that libfaketime fools, before anything else: lets its threads sleep.

Since Python 3.11 `time.sleep` waits for a point of the monotonic clock (clock_nanosleep, TIMER_ABSTIME). libfaketime 0.9.10
takes that for a time of the clock it fakes, so that each sleep fails with EINVAL and the driver's threads end.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
