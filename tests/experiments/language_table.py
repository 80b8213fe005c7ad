"""Makes the table of trigrams by which ingest tells languages: `python -m tests.experiments.language_table`.

Reads the train split of SIB-200 below SILKWIRE_CONFORMANCE_DATA (corpora/sib200) and writes logarithms of how often
each trigram was counted, never a text. Uzbek in Cyrillic letters is made of the Latin texts, Kazakh in Latin letters of
the Cyrillic ones. With `--held-out` a fifth of the train split is kept back and the share of it that is told right is
printed instead; that is how the size of the groups and of the table were chosen. The dev split is for the test alone.
"""

import argparse
import csv
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest.domain.text import trigrams
from ingest.domain.text.trigrams import DIGITS, STEPS_PER_NAT, Script, trigrams_of, words_of
from silkwire.newsroom.uzbek_script import to_cyrillic

KEPT = 8000
"""Trigrams of each script that are kept: those that tell most."""

SMOOTHING = 0.5
FOLDERS: Mapping[Script, Mapping[str, str]] = {
    "cyrillic": {
        "ru": "rus_Cyrl", "kk": "kaz_Cyrl", "ky": "kir_Cyrl", "tg": "tgk_Cyrl", "uz": "uzn_Latn", "uk": "ukr_Cyrl",
        "bg": "bul_Cyrl", "tt": "tat_Cyrl", "ba": "bak_Cyrl", "mn": "khk_Cyrl",
    },
    "latin": {
        "en": "eng_Latn", "uz": "uzn_Latn", "tk": "tuk_Latn", "tr": "tur_Latn", "az": "azj_Latn", "kk": "kaz_Cyrl",
    },
}  # fmt: skip

_KAZAKH = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_LATIN_2021 = [
    "a",
    "ä",
    "b",
    "v",
    "g",
    "ğ",
    "d",
    "e",
    "io",
    "j",
    "z",
    "i",
    "i",
    "k",
    "q",
    "l",
    "m",
    "n",
    "ñ",
    "o",
    "ö",
    "p",
    "r",
    "s",
    "t",
    "u",
    "ū",
    "ü",
    "f",
    "h",
    "h",
    "ts",
    "ch",
    "ş",
    "şş",
    "_",
    "y",
    "ı",
    "_",
    "e",
    "iu",
    "ia",
]
_PLAIN = dict(zip(_KAZAKH, (letters.replace("_", "") for letters in _LATIN_2021), strict=True))
_PLAIN["і"] = "i"
_ACUTES = dict(
    zip(
        "әғңөуүшщчийяюёы",
        ["á", "ǵ", "ń", "ó", "ý", "ú", "sh", "sh", "ch", "ı", "ı", "ıa", "ıý", "ıo", "y"],
        strict=True,
    )
)
KAZAKH_ALPHABETS = (_PLAIN, {**_PLAIN, "ы": "ı"}, {**_PLAIN, "ұ": "u", **_ACUTES})
"""Three of the Latin alphabets in use: of 2021 in two readings of the dotless i, and with acutes, of 2018."""


def sentences(data: Path, folder: str, split: str) -> list[str]:
    """Return the texts of one language."""
    with (data / "corpora" / "sib200" / folder / f"{split}.tsv").open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def uzbek_in_cyrillic(text: str) -> str:
    """Return an Uzbek text in the other script, whatever its apostrophes were typed as."""
    return to_cyrillic(re.sub("['`ʻʼ]", "’", re.sub("(?<=[oOgG])['’`ʻʼ]", "‘", text)))


def kazakh_in_latin(text: str, alphabet: Mapping[str, str]) -> str:
    """Return a Kazakh text in Latin letters, all small."""
    return "".join(alphabet.get(letter, letter) for letter in text.lower())


def texts_of(data: Path, script: Script, code: str, split: str) -> list[str]:
    """Return the texts of a column of the table."""
    texts = sentences(data, FOLDERS[script][code], split)
    if (script, code) == ("cyrillic", "uz"):
        return [uzbek_in_cyrillic(text) for text in texts]
    if (script, code) == ("latin", "kk"):
        return [kazakh_in_latin(text, alphabet) for alphabet in KAZAKH_ALPHABETS for text in texts]
    return texts


def rows_of(script: Script, texts: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a script's rows of the table: a trigram and a digit for each language."""
    counts = {code: Counter(_trigrams(script, some)) for code, some in texts.items()}
    known = set().union(*counts.values())
    totals = {code: sum(count.values()) for code, count in counts.items()}

    def logs(trigram: str) -> list[float]:
        room = SMOOTHING * len(known)
        return [math.log((counts[code][trigram] + SMOOTHING) / (totals[code] + room)) for code in counts]

    def worth(trigram: str) -> float:
        found = logs(trigram)
        return (max(found) - min(found)) * max(counts[code][trigram] / totals[code] for code in counts)

    best = sorted(known, key=lambda trigram: (-worth(trigram), trigram))[:KEPT]
    return [f"{trigram}\t{_digits(logs(trigram))}" for trigram in sorted(best)]


def _trigrams(script: Script, texts: Iterable[str]) -> Iterable[str]:
    return (trigram for text in texts for trigram in trigrams_of(words_of(text, script)))


def _digits(logs: list[float]) -> str:
    most = max(logs)
    return "".join(DIGITS[min(35, round(STEPS_PER_NAT * (most - one)))] for one in logs)


def main() -> None:
    """Write the table, or print how well one made of four fifths tells the fifth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true")
    held_out = parser.parse_args().held_out
    data = Path(os.environ["SILKWIRE_CONFORMANCE_DATA"])
    blocks: list[str] = []
    kept_back: dict[tuple[Script, str], list[str]] = {}
    for script, folders in FOLDERS.items():
        texts = {code: texts_of(data, script, code, "train") for code in folders}
        if held_out:
            kept_back |= {(script, code): some[::5] for code, some in texts.items()}
            texts = {code: [one for at, one in enumerate(some) if at % 5] for code, some in texts.items()}
        blocks.append("\n".join([f"#script {script} {' '.join(folders)}", *rows_of(script, texts)]))
    table = "\n".join(blocks) + "\n"
    if not held_out:
        Path(trigrams.__file__).with_name("trigrams.tsv").write_text(table, encoding="utf-8")
        return
    tables = trigrams.read_tables(table)
    for (script, code), some in kept_back.items():
        told = [[trigrams.guess(text[:length], tables) for text in some] for length in (40, 400)]
        right = [sum(one is not None and one.code == code for one in row) for row in told]
        print(f"{script} {code}: first 40 characters {right[0]}, whole {right[1]} of {len(some)}")


if __name__ == "__main__":
    main()
