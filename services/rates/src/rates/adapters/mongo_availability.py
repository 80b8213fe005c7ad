"""Turns "MongoDB does not answer now" into the ports' own error."""

from collections.abc import Iterator
from contextlib import contextmanager

from rates.ports import StoreUnavailableError
from shared.mongo import MongoUnavailableError, translate


@contextmanager
def available() -> Iterator[None]:
    """Raise StoreUnavailableError where MongoDB does not answer; let all other errors through."""
    try:
        with translate():
            yield
    except MongoUnavailableError as error:
        raise StoreUnavailableError(str(error)) from error
