"""Turns MongoDB's ways of being away into the one error of our ports."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.ports import StoreDownError
from shared.mongo import MongoUnavailableError, translate


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreDownError where the driver says "not now"; let all other errors through."""
    try:
        with translate():
            yield
    except MongoUnavailableError as error:
        raise StoreDownError(str(error)) from error
