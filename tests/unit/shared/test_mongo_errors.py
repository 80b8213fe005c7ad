"""Which of MongoDB's errors mean "not now": whoever meets one waits and tries again."""

import asyncio
from typing import Any, Self

import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WriteConcernError

from shared.mongo import MongoUnavailableError, translate, watch

INTERRUPTED, TOO_BUSY, DUPLICATE, UNAUTHORIZED, SHUTTING_DOWN = 11601, 262, 11000, 13, 91


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OperationFailure("operation was interrupted", INTERRUPTED), id="ended by an operator"),
        pytest.param(
            OperationFailure("operation exceeded time limit", TOO_BUSY), id="the server is too busy"
        ),
        pytest.param(
            BulkWriteError({"writeErrors": [{"code": DUPLICATE}, {"code": INTERRUPTED}]}),
            id="one write of many",
        ),
        pytest.param(
            WriteConcernError("Replication is being shut down", SHUTTING_DOWN), id="a server that stops"
        ),
        pytest.param(
            BulkWriteError({"writeConcernErrors": [{"code": SHUTTING_DOWN}]}), id="many writes, as it stops"
        ),
    ],
)
def test_an_operation_that_was_ended_from_outside_may_succeed_later(error: Exception) -> None:
    """An operator who ends a slow operation must not end the service whose operation it was."""
    with pytest.raises(MongoUnavailableError), translate():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OperationFailure("not authorized", UNAUTHORIZED), id="not allowed"),
        pytest.param(DuplicateKeyError("duplicate", DUPLICATE), id="duplicate key"),
        pytest.param(BulkWriteError({"writeErrors": [{"code": DUPLICATE}]}), id="duplicate among many"),
    ],
)
def test_an_operation_that_cannot_succeed_is_told_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), translate():
        raise error


class _StreamThatTrips:
    """A change stream whose close fails inside the driver, as motor's does on a server that is silent."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'mark_dirty'")


class _Collection:
    def watch(self, _pipeline: object) -> _StreamThatTrips:
        return _StreamThatTrips()


async def test_a_driver_that_trips_over_closing_a_change_stream_ends_no_service() -> None:
    """Seen with MongoDB frozen: search ended because a stream that was being given up could not be closed."""
    collection: Any = _Collection()
    async with watch(collection):
        pass
    with pytest.raises(asyncio.CancelledError):
        async with watch(collection):
            raise asyncio.CancelledError
    with pytest.raises(KeyError):
        async with watch(collection):
            raise KeyError("the work's own")
