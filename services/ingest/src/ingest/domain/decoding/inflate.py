"""Decompresses an answer piece by piece, never holding more than allowed: a 5 KB bomb inflates to 5 MB and further."""

import zlib

from ingest.domain.fetching.outcomes import Reason

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_STEP_BYTES = 256 * 1024
MAX_MEMBERS = 1000
"""A gzip file may have several members; one of many thousand empty ones is there to keep us busy."""


class BodyError(Exception):
    """A body is too large or not compressed as it says."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Inflater:
    """Collects a body, counting what came in and what it grew to.

    Args:
        content_encoding: the Content-Encoding header: gzip, identity or nothing.
        max_wire_bytes: most bytes to take from the network.
        max_plain_bytes: most bytes to hold after decompression.

    Raises:
        BodyError: the encoding is one that was not asked for.
    """

    def __init__(self, content_encoding: str | None, *, max_wire_bytes: int, max_plain_bytes: int) -> None:
        encoding = (content_encoding or "identity").strip().lower()
        if encoding not in {"gzip", "x-gzip", "identity"}:
            raise BodyError(Reason.BAD_ENCODING, f"Content-Encoding {encoding[:40]!r} was not asked for")
        self._stream = None if encoding == "identity" else zlib.decompressobj(_GZIP)
        self._max_wire_bytes = max_wire_bytes
        self._max_plain_bytes = max_plain_bytes
        self._plain = bytearray()
        self._members = 1
        self.wire_bytes = 0

    @property
    def plain_bytes(self) -> int:
        """How much is held so far."""
        return len(self._plain)

    def feed(self, chunk: bytes) -> None:
        """Take in one piece as it came from the network.

        Raises:
            BodyError: the body is too large, or is not compressed as it says.
        """
        self.wire_bytes += len(chunk)
        if self.wire_bytes > self._max_wire_bytes:
            raise BodyError(Reason.TOO_LARGE, f"more than {self._max_wire_bytes} bytes on the wire")
        if self._stream is None:
            self._keep(chunk)
        else:
            self._inflate(chunk)

    def finish(self) -> bytes:
        """Return the whole body; a gzip file that was served without saying so is unpacked too.

        Raises:
            BodyError: it broke off in the middle of compressed data, or is compressed twice over, as only bombs are.
        """
        if self._stream is None and self._plain.startswith(_GZIP_MAGIC):
            packed, self._plain = bytes(self._plain), bytearray()
            self._stream = zlib.decompressobj(_GZIP)
            self._inflate(packed)
        if self._stream is not None and self.wire_bytes and not self._stream.eof:
            raise BodyError(Reason.BAD_ENCODING, "the compressed body breaks off")
        if self._stream is not None and self._plain.startswith(_GZIP_MAGIC):
            raise BodyError(Reason.BAD_ENCODING, "compressed twice over")
        return bytes(self._plain)

    def beginning(self) -> bytes:
        """Return what is held so far, of a body of which no more is wanted."""
        return bytes(self._plain)

    def _inflate(self, chunk: bytes) -> None:
        left = chunk
        while left and self._stream is not None:
            if self._stream.eof:
                if not left.strip(b"\x00"):
                    return
                self._next_member()
            try:
                self._keep(self._stream.decompress(left, _STEP_BYTES))
            except zlib.error as error:
                raise BodyError(Reason.BAD_ENCODING, f"broken compression: {error}") from error
            left = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _next_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise BodyError(Reason.BAD_ENCODING, f"more than {MAX_MEMBERS} compressed members")
        self._stream = zlib.decompressobj(_GZIP)

    def _keep(self, piece: bytes) -> None:
        if len(self._plain) + len(piece) > self._max_plain_bytes:
            raise BodyError(Reason.TOO_LARGE, f"more than {self._max_plain_bytes} bytes after decompression")
        self._plain += piece
