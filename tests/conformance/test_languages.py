"""Languages of SIB-200's dev split, which the table of trigrams never saw: whole sentences, and how a headline is long.

`pytest -s` prints the table.
"""

import time
from collections import Counter
from pathlib import Path

import pytest

from ingest.domain.text.language import language_of
from tests.experiments.language_table import KAZAKH_ALPHABETS, kazakh_in_latin, sentences, uzbek_in_cyrillic

OURS = {
    "en": "eng_Latn",
    "ru": "rus_Cyrl",
    "kk": "kaz_Cyrl",
    "ky": "kir_Cyrl",
    "uz": "uzn_Latn",
    "tg": "tgk_Cyrl",
    "tk": "tuk_Latn",
}
LOOK_ALIKES = {
    "uk": "ukr_Cyrl",
    "bg": "bul_Cyrl",
    "tt": "tat_Cyrl",
    "ba": "bak_Cyrl",
    "mn": "khk_Cyrl",
    "tr": "tur_Latn",
    "az": "azj_Latn",
    "fa": "pes_Arab",
    "ug": "uig_Arab",
}
HEADLINE_CHARS = 40


def told(text: str) -> str | None:
    """What is said of a text about which nothing is declared."""
    return language_of(text, entry=None, source=None, feed=None)


def shares(code: str, texts: list[str]) -> tuple[float, float]:
    """Return how many of the texts, and of their beginnings, are told right."""
    whole = sum(told(text) == code for text in texts) / len(texts)
    head = sum(told(text[:HEADLINE_CHARS]) == code for text in texts) / len(texts)
    print(f"{code}  {len(texts):3}  whole {whole:.4f}  first {HEADLINE_CHARS} characters {head:.4f}")
    return whole, head


@pytest.mark.parametrize("code", OURS)
def test_a_sentence_in_one_of_our_languages_is_told(conformance_data: Path, code: str) -> None:
    """A reader who asks for lang:ky gets the Kyrgyz articles, all of them and no Kazakh ones."""
    whole, head = shares(code, sentences(conformance_data, OURS[code], "dev"))
    assert whole >= 0.99
    assert head >= 0.97


def test_uzbek_in_cyrillic_letters_is_told(conformance_data: Path) -> None:
    whole, head = shares(
        "uz", [uzbek_in_cyrillic(one) for one in sentences(conformance_data, "uzn_Latn", "dev")]
    )
    assert whole >= 0.99
    assert head >= 0.97


@pytest.mark.parametrize("alphabet", KAZAKH_ALPHABETS, ids=["2021", "dotless", "acutes"])
def test_kazakh_in_latin_letters_is_told(conformance_data: Path, alphabet: dict[str, str]) -> None:
    """The alphabets differ; the texts here were transliterated by rule, not written so by people."""
    texts = [kazakh_in_latin(one, alphabet) for one in sentences(conformance_data, "kaz_Cyrl", "dev")]
    whole, head = shares("kk", texts)
    assert whole >= 0.99
    assert head >= 0.97


def test_look_alikes_are_hardly_ever_taken_for_ours(conformance_data: Path) -> None:
    """Ukrainian among the Russian articles would be seen at once."""
    sentences_wrong = headlines_wrong = 0
    for code, folder in LOOK_ALIKES.items():
        texts = sentences(conformance_data, folder, "dev")
        whole = Counter(told(text) for text in texts)
        head = Counter(told(text[:HEADLINE_CHARS]) for text in texts)
        print(f"{code}  whole {dict(whole)}  first {HEADLINE_CHARS} characters {dict(head)}")
        sentences_wrong += sum(whole[ours] for ours in OURS)
        headlines_wrong += sum(head[ours] for ours in OURS)
    assert sentences_wrong == 0
    assert headlines_wrong <= 0.015 * 99 * len(LOOK_ALIKES)


def test_an_article_is_looked_at_in_a_fraction_of_a_millisecond(conformance_data: Path) -> None:
    """A poll of a thousand entries must not be spent on their languages."""
    article = " ".join(sentences(conformance_data, "kir_Cyrl", "dev"))
    told(article)
    best = min(_seconds(article) for _ in range(50))
    print(f"{best * 1000:.3f} ms for an article of {len(article)} characters")
    assert best < 0.001


def _seconds(article: str) -> float:
    started = time.perf_counter()
    told(article)
    return time.perf_counter() - started
