"""Listening to changes ends when it is told to, whatever the driver makes of that."""

import asyncio

import pytest

from shared.mongo import changes_at_hand


class Deaf:
    """A stream whose driver swallows a cancellation, as PyMongo's does when it comes together with the reply."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def try_next(self) -> None:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return


async def test_who_listens_to_changes_ends_though_the_driver_swallowed_the_cancellation() -> None:
    stream = Deaf()
    listening = asyncio.create_task(changes_at_hand(stream, 10))
    await stream.asked.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
