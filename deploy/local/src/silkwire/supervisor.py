"""Keeps the parts running: what died is started again with back-off, and said so; the stop goes layer by layer."""

import asyncio
from collections.abc import Callable

from silkwire.errors import StartError
from silkwire.parts import Part

FIRST_DELAY_S = 0.5
MOST_DELAY_S = 15.0
# A part that ran for this long before it died is started again without further delay.
SETTLED_S = 30.0


def next_delay_s(last_s: float, ran_s: float) -> float:
    """How long to wait before the next start of a part that ran for `ran_s` seconds; 0 is "never failed yet"."""
    if last_s == 0 or ran_s >= SETTLED_S:
        return FIRST_DELAY_S
    return min(last_s * 2, MOST_DELAY_S)


class Supervisor:
    """The running parts.

    Args:
        say: Prints a line for people.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._layers: dict[int, list[Part]] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._fatal: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def add(self, part: Part, layer: int) -> None:
        """Starts a part and keeps it running. Higher layers need the lower ones, and are stopped before them.

        Raises:
            StartError: It cannot be started.
        """
        # Listed first: should the start be cut off half way, the stop still finds what there is.
        self._layers.setdefault(layer, []).append(part)
        await part.start()
        self._keepers.append(asyncio.create_task(self._keep(part)))

    async def failed(self) -> None:
        """Waits until a part ends in a way that starting it again cannot heal, and raises its StartError."""
        await asyncio.shield(self._fatal)

    async def stop(self) -> None:
        """Stops all parts, the highest layer first, the parts of a layer side by side."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._fatal.cancel()
        for layer in sorted(self._layers, reverse=True):
            await asyncio.gather(*(part.stop() for part in self._layers[layer]), return_exceptions=True)

    async def _keep(self, part: Part) -> None:
        loop = asyncio.get_running_loop()
        delay_s = 0.0
        began = loop.time()
        while True:
            try:
                why = await part.ended()
            except StartError as err:
                if not self._fatal.done():
                    self._fatal.set_exception(err)
                return
            delay_s = next_delay_s(delay_s, loop.time() - began)
            self._say(f"  ! {part.name} ended ({why}); it is started again in {delay_s:g} s")
            await asyncio.sleep(delay_s)
            began = loop.time()
            try:
                await part.start()
            except StartError as err:
                self._say(f"  ! {part.name}: {err.problem}")
            else:
                self._say(f"  ✓ {part.name} was started again")
