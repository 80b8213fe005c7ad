"""Breaks documents: bytes and pieces changed, repeated, moved, taken out, put in from another document."""

import random
from collections.abc import Callable, Sequence

MAX_BYTES = 256 * 1024
_PIECES = (
    *(b"<", b">", b"&", b";", b'"', b"'", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b"?>", b"</", b"/>", b"\x00", b"\xff\xfe"),
    *(b"<item>", b"</item>", b"<entry>", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&a;", b"&#x1F600;", b"&#0;", b"&nbsp;", b"{", b"["),
    *(b'xml:base="', b'xmlns:a="', b"\xef\xbb\xbf", b"\xd0", b"\xd0\x9f", b"\xe2\x80\xa8", b"1970", b"+0600", b"//", b":", b"%"),
    *(b"<html>", b"<body>", b"<div>", b"<content type='xhtml'>", b"<link href='", b"<media:group>", b"<source>", b"javascript:"),
)  # fmt: skip

Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return a document with one to eight things wrong, at most 256 KiB.

    Args:
        chance: decides everything.
        seeds: documents to begin with and to take pieces from.
    """
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 8)):
        data = chance.choice(_CHANGES)(chance, data, seeds)[:MAX_BYTES]
    return data


def _span(chance: random.Random, data: bytes, longest: int = 200) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.randint(0, longest))


def _flip(chance: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, _ = _span(chance, data)
    return data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]


def _drop(chance: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


def _cut(chance: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    return data[: _span(chance, data)[0]]


def _put(chance: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, _ = _span(chance, data)
    return data[:start] + chance.choice(_PIECES) * chance.choice((1, 1, 1, 2, 50)) + data[start:]


def _repeat(chance: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:end] + data[start:end] * chance.choice((1, 2, 10, 200)) + data[end:]


def _splice(chance: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    start, end = _span(chance, other, 2000)
    at, _ = _span(chance, data)
    return data[:at] + other[start:end] + data[at:]


def _swap_letters(chance: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    """Give the document another encoding than it says."""
    codec = chance.choice(("cp1251", "koi8-r", "cp866", "utf-16", "utf-16-be", "utf-32", "utf-8", "latin-1"))
    return data.decode("utf-8", "replace").encode(codec, "replace")


_CHANGES: tuple[Change, ...] = (
    _flip,
    _flip,
    _drop,
    _drop,
    _put,
    _put,
    _put,
    _repeat,
    _splice,
    _splice,
    _cut,
    _swap_letters,
)
