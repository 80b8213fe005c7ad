"""Bytes to text: whatever they are, they are a text that says the same when it is read again, or a named failure."""

from ingest.domain.decoding.decode import decode
from ingest.domain.decoding.mojibake import mend
from ingest.domain.fetching.outcomes import UnreadableFeedError

_LABELS = (
    None,
    "text/xml; charset=windows-1251",
    "text/xml; charset=utf-8",
    "application/xml; charset=koi8-r",
)


def one_input(data: bytes) -> None:
    """Read one document under each label, and its text once more."""
    for label in _LABELS:
        try:
            text = decode(data, label).text
        except UnreadableFeedError:
            continue
        assert text
        assert "\x00" not in text
        mend(text)
        decode(text.encode("utf-8", "replace"))
