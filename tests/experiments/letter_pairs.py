"""Makes the table of letter pairs by which Cyrillic encodings are told apart: domain/decoding/letter_pairs.py.

python -m tests.experiments.letter_pairs DATA, where DATA is the folder that SILKWIRE_CONFORMANCE_DATA names. Counts come
from the training sentences of SIB-200 in eight languages; only rounded logarithms are kept, no text.
"""

import csv
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from silkwire.newsroom.uzbek_script import to_cyrillic

LANGUAGES = ("rus", "kaz", "kir", "tgk", "ukr", "bul", "bak", "khk")
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяёәіңғүұқөһӣӯҷҳўїєґ"
EDGE = " "
HEAVY = {"rus": 4}
"""How often a language counts: Russian is what most feeds of the region are written in."""


def main(data: Path) -> None:
    """Print the module's table."""
    alphabet = EDGE + LETTERS
    pairs: Counter[str] = Counter()
    for sentence, weight in _sentences(data):
        folded = "".join(
            letter if letter in LETTERS else EDGE for letter in f"{EDGE}{sentence.lower()}{EDGE}"
        )
        for at in range(len(folded) - 1):
            pairs[folded[at : at + 2]] += weight
    del pairs[EDGE + EDGE]
    total = sum(pairs.values())
    for first in alphabet:
        row = (math.log((pairs[first + second] + 0.5) / total) for second in alphabet)
        print(f'    "{"".join(_digit(value) for value in row)}",  # {first!r}')


def _digit(value: float) -> str:
    """A for one in 2.7 and for each step further a third of that, down to Z."""
    return chr(ord("A") + min(25, round(-value * 1.5)))


def _sentences(data: Path) -> Iterator[tuple[str, int]]:
    for language in LANGUAGES:
        for text in _texts(data / f"corpora/sib200/{language}_Cyrl/train.tsv"):
            yield text, HEAVY.get(language, 1)
    for text in _texts(data / "corpora/sib200/uzn_Latn/train.tsv"):
        yield to_cyrillic(text), 1


def _texts(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["text"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
