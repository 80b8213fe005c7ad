"""Shows the errors that the parts log, as they happen; everything else stays in the log files."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

LOOK_S = 0.5
# The same event again within this time is only in the log file: a lost database would otherwise fill the screen.
QUIET_S = 30.0
SHOWN = {"error", "critical"}


class LogWatch:
    """Follows log files.

    Args:
        say: Prints a line for people.
        logs: The files to begin with, each from its present end.
    """

    def __init__(self, say: Callable[[str], None], logs: Iterable[Path] = ()) -> None:
        self._say = say
        self._read = {log: log.stat().st_size for log in logs}
        self._shown: dict[str, float] = {}

    def add(self, log: Path) -> None:
        """Follows one more file, from its present end."""
        self._read[log] = log.stat().st_size

    async def run(self) -> None:
        """Follows until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look(asyncio.get_running_loop().time())

    def look(self, now_s: float) -> None:
        """Shows the errors that were logged since the last look."""
        for log in self._read:
            for line in self._new_lines(log):
                text = describe(line, log.stem)
                if text is None:
                    continue
                event = text.partition(" (")[0]
                if now_s - self._shown.get(event, -QUIET_S) >= QUIET_S:
                    self._shown[event] = now_s
                    self._say(f"  ! {text}")

    def _new_lines(self, log: Path) -> Iterator[str]:
        with log.open("rb") as stream:
            stream.seek(self._read[log])
            part = stream.read()
        whole = part.rpartition(b"\n")[0]
        if whole:
            self._read[log] += len(whole) + 1
            yield from whole.decode("utf-8", "replace").splitlines()


def describe(line: str, part: str) -> str | None:
    """A JSON log line in words if it is an error, else None."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.get("level") not in SHOWN:
        return None
    left_out = {"event", "level", "timestamp", "service", "exception", "logger", "outcome"}
    facts = ", ".join(f"{key} {value}" for key, value in fields.items() if key not in left_out)
    last = str(fields.get("exception", "")).strip().rpartition("\n")[2]
    rest = ", ".join(text for text in (facts, last) if text)
    return f"{fields.get('service', part)}: {fields.get('event')}" + (f" ({rest})" if rest else "")
