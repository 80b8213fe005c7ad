"""Which encoding bytes are in that are not UTF-8: by the letters they come out as, not by what a label says.

A label is believed unless the letters speak clearly against it. Between the Cyrillic encodings (windows-1251, KOI8-R
and -U, IBM866, IBM855, ISO-8859-5, MacCyrillic, and two for Kazakh) the likeliest letter pairs win; between Cyrillic
and Latin it is told by what stands beside the high bytes: in Latin words they stand between ASCII letters.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ingest.domain.decoding.letter_pairs import plausibility

CYRILLIC = {
    "cp1251": 0.0,
    "koi8-r": -2.0,
    "kz1048": -2.0,
    "koi8-u": -3.0,
    "cp866": -4.0,
    "iso8859-5": -4.0,
    "cp855": -6.0,
    "mac-cyrillic": -12.0,
    "ptcp154": -12.0,
}
"""Each with how rarely feeds are in it, as a logarithm: it tells where the letters do not."""

LATIN_FALLBACK = "cp1252"

SAMPLE_BYTES = 48 * 1024
"""High bytes and their neighbours that are looked at; a document is in one encoding from end to end."""

CLEARLY_NATS = 0.7
"""By so much a pair of letters must be likelier, on the average, before a label that can be true is disbelieved."""

DOUBTFUL_NATS = -6.4
"""A pair of letters in the best Cyrillic reading of a text that is Cyrillic is likelier than this, on the average."""

_RUN = re.compile(rb"[^\x00-\x40\x5b-\x60\x7b-\x7f]*[\x80-\xff][^\x00-\x40\x5b-\x60\x7b-\x7f]*")
_ALONE = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]{2,}(?![A-Za-z\x80-\xff])")
_BESIDE_ASCII = re.compile(rb"[A-Za-z][\x80-\xff]+|[\x80-\xff]+[A-Za-z]")
_MANY_BYTES = re.compile(r"gb|big5|shift_jis|euc_|iso2022_|cp9[345]")
_DEFAULT_LABELS = frozenset({"iso8859-1", "cp1252", "ascii"})
"""What servers and templates say when nobody thought about it; no evidence against Cyrillic."""


def guess(body: bytes, labels: Sequence[str]) -> str:
    """Return the codec of a body that is not UTF-8.

    Args:
        body: the whole document.
        labels: Python's names of the encodings that are claimed for it, the most trustworthy first.
    """
    sample = _sample(body)
    if not sample:
        return labels[0] if labels else LATIN_FALLBACK
    if not _is_cyrillic(sample):
        return next((label for label in labels if label not in CYRILLIC), LATIN_FALLBACK)
    many_bytes = next((label for label in labels if _MANY_BYTES.match(label) and _can_be(body, label)), None)
    return many_bytes or _cyrillic(sample, labels)


def _cyrillic(sample: bytes, labels: Sequence[str]) -> str:
    """Return the likeliest codec of words that are made of high bytes, mindful of what is claimed."""
    pairs = Counter(pairwise(sample))
    seen = sum(count for (first, second), count in pairs.items() if first > 0x7F or second > 0x7F)
    codecs = dict.fromkeys((*CYRILLIC, *labels))
    scores = {codec: (_score(pairs, codec) + CYRILLIC.get(codec, 0.0)) / seen for codec in codecs}
    best = max(scores, key=lambda codec: scores[codec])
    for label in labels:
        if label in _DEFAULT_LABELS:
            continue
        if scores[label] >= scores[best] - CLEARLY_NATS or scores[best] < DOUBTFUL_NATS:
            return label
    return best


def _can_be(body: bytes, codec: str) -> bool:
    try:
        body.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _sample(body: bytes) -> bytes:
    """Return the words that have high bytes, parted by spaces."""
    kept, room = [], SAMPLE_BYTES
    for found in _RUN.finditer(body):
        word = found[0][:200]
        kept.append(word)
        room -= len(word) + 1
        if room <= 0:
            break
    return b" " + b" ".join(kept) + b" " if kept else b""


def _is_cyrillic(sample: bytes) -> bool:
    """Tell by the company of the high bytes: Cyrillic words are made of nothing else."""
    return len(_ALONE.findall(sample)) > len(_BESIDE_ASCII.findall(sample))


def _score(pairs: Counter[tuple[int, int]], codec: str) -> float:
    """Return the log likelihood of the bytes, read in an encoding; what cannot be read counts as no letter."""
    letters = [bytes([byte]).decode(codec, "replace") for byte in range(256)]
    return sum(
        count * plausibility(letters[first], letters[second]) for (first, second), count in pairs.items()
    )
