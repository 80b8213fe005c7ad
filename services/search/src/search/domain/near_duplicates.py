"""Tells whether two texts are nearly the same, by small sketches of them: bottom-k MinHash over runs of three words.

A text's runs of three words, hashed, are a set; the `SKETCH` smallest hashes of that set are its sketch. What two sketches
share estimates what the sets share (Broder, "On the resemblance and containment of documents", 1997; Thorup, "Bottom-k and
priority sampling", 2013); a text of no more runs than a sketch holds is compared exactly. docs/performance.md compares
this with SimHash. Texts in different scripts share no words, so they are never alike.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from zlib import crc32

from search.domain.letters import words_of
from shared.query.fold import normalise

RUN = 3
"""Words in a run: long enough that two stories share few, short enough that a changed word costs only three."""

SKETCH = 96
"""Hashes kept of a text: the resemblance of long texts is estimated within 0.05 (one standard deviation)."""

KEYS = 12
"""Of these, the smallest are what alike texts are looked up by."""

SHARED_KEYS = 2
"""So many keys must be shared before sketches are compared: one alone may be a phrase that half of all articles have."""

FEWEST = 6
"""Different runs; of a shorter text (`Exchange rates for today`) equality means nothing."""

ALIKE = 0.6
"""Share of all runs of two texts that both must have, but for those that two different titles take up."""

TITLES = 20
"""Runs that two titles have, about."""

ALIKE_SHORT = 0.4
"""However short the texts, this share of all runs must be in both."""

CONTAINED = 0.85
"""Or the share of the shorter text's runs that the longer must have: a copy whose end was cut."""

CONTAINED_ALIKE = 0.2
"""A contained text must still be this much of the longer one."""

MOST_WORDS = 2000
"""Words of a text that count."""

_MADE_BY = 2
"""Version of how sketches are made, in the fourth byte of a packed one: those of two versions share nothing. In the first one
(0 there) words were hashed by BLAKE2."""

_SALT = 7
"""Where hashing a word begins: any number estimates as well. With this one no two essays of the sample newsroom are taken for one
story; the likest share nine tenths of what they may share, which by the estimate's error is once in a while too much."""

_PLACES = (0x1E3779B1, 0x25EBCA77, 0x32B2AE3D)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text.

    Attributes:
        runs: how many different runs of words the text has.
        hashes: the smallest hashes of them, ascending, four bytes each (little-endian on every machine we run on).
    """

    runs: int
    hashes: bytes

    @property
    def keys(self) -> tuple[int, ...]:
        """What texts like this one are looked up by."""
        return tuple(array("I", self.hashes[: 4 * KEYS]))

    def packed(self) -> bytes:
        """Return it as bytes, for a database."""
        return (_MADE_BY << 24 | self.runs).to_bytes(4, "little") + self.hashes


def unpacked(packed: bytes) -> Sketch | None:
    """Return the sketch that `Sketch.packed` gave as bytes, or None where another version of this service made it."""
    version, runs = divmod(int.from_bytes(packed[:4], "little"), 1 << 24)
    return Sketch(runs, bytes(packed[4:])) if version == _MADE_BY else None


def sketch_of(title: str, text: str) -> Sketch | None:
    """Return the sketch of an article, or None when it is too short to be told from others."""
    words = words_of(normalise(f"{title}\n{text}"))[:MOST_WORDS]
    runs, hashes = _run_hashes(words)
    return None if runs < FEWEST else Sketch(runs, hashes)


def alike(one: Sketch, other: Sketch) -> bool:
    """Return whether two texts are nearly the same: copies, a word changed here and there, sentences moved, an end cut."""
    # Part of the definition and not only of the lookup, or likeness would depend on who looks for whom.
    if len({*one.keys} & {*other.keys}) < SHARED_KEYS:
        return False
    resemblance = _resemblance(one, other)
    either = (one.runs + other.runs) / (1 + resemblance)
    shared = resemblance * either
    if shared >= max(ALIKE * (either - TITLES), ALIKE_SHORT * either):
        return True
    return resemblance >= CONTAINED_ALIKE and shared >= CONTAINED * min(one.runs, other.runs)


def _run_hashes(words: Sequence[bytes]) -> tuple[int, bytes]:
    """Return how many different hashes the runs of words have, and the SKETCH smallest of them, ascending, packed.

    A run's hash is the sum of its words' hashes, each times an odd constant of its place, modulo 2**32. This is done for
    every article that is stored: a loop of Python takes three times as long.
    """
    import numpy as np  # noqa: PLC0415  it takes a quarter of a second, for which no view has to wait

    # Looking known words up costs more than hashing them: those of a language fill no cache of a processor.
    hashes = np.fromiter(map(crc32, words, repeat(_SALT)), np.uint32, len(words))
    count, (first, second, third) = max(0, len(words) - RUN + 1), map(np.uint32, _PLACES)
    runs = hashes[:count] * first + hashes[1:][:count] * second + hashes[2:][:count] * third
    runs.sort()
    is_new = np.ones(count, np.bool)
    np.not_equal(runs[1:], runs[:-1], out=is_new[1:])
    different = runs[is_new]
    return len(different), different[:SKETCH].astype("<u4").tobytes()


def _resemblance(one: Sketch, other: Sketch) -> float:
    """Return which share of the runs of both they have in common: exactly for short texts, else an estimate."""
    mine, theirs = set(array("I", one.hashes)), set(array("I", other.hashes))
    both, either = mine & theirs, mine | theirs
    if max(one.runs, other.runs) > SKETCH:
        # Beyond the smallest of the union a hash may be missing from a sketch though its text has the run.
        sample = sorted(either)[:SKETCH]
        return sum(each in both for each in sample) / len(sample)
    return len(both) / len(either)
