"""Remembers the last answers of addresses that give validators, so that an unchanged document is not sent again.

RFC 9110, section 13: a request with `If-None-Match` or `If-Modified-Since` may be answered 304 without a body. Of the
banks, NBKR and CBT give an ETag and Last-Modified with their files; the others forbid storing, or say nothing.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

KEPT_MAX = 8
"""Answers kept; the one not asked for longest goes first."""

KEPT_MAX_BYTES = 256 * 1024
"""Larger bodies are fetched anew each time."""

BELIEVED_S = 6 * 3600.0
"""For so long "not modified" is believed; then the document is fetched whole: there are servers that are wrong about it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer with its validators; `at_s` is monotonic."""

    body: bytes
    validators: Mapping[str, str]
    at_s: float


class KeptAnswers:
    """Answers by address, a few and small."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def condition(self, url: str, now_s: float) -> Mapping[str, str]:
        """Return the request headers that ask for the document only if it has changed; none where it is not known."""
        kept = self._kept.get(url)
        if kept is None or now_s - kept.at_s > BELIEVED_S:
            return {}
        return kept.validators

    def body(self, url: str) -> bytes | None:
        """Return the body that was kept for an address."""
        kept = self._kept.get(url)
        if kept is None:
            return None
        self._kept.move_to_end(url)
        return kept.body

    def keep(self, url: str, body: bytes, headers: Mapping[str, str], now_s: float) -> None:
        """Keep an answer that has a validator; forget what was kept of the address otherwise."""
        self._kept.pop(url, None)
        validators = {
            asking: headers[given]
            for asking, given in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified"))
            if headers.get(given)
        }
        if not validators or len(body) > KEPT_MAX_BYTES:
            return
        self._kept[url] = _Kept(body, validators, now_s)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
