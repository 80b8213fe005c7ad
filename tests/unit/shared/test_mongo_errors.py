"""Which of MongoDB's errors mean "not now": whoever meets one waits and tries again."""

import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from shared.mongo import MongoUnavailableError, translate

INTERRUPTED, TOO_BUSY, DUPLICATE, UNAUTHORIZED = 11601, 262, 11000, 13


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
