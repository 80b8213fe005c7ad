"""Which language a text is in: what its feed declares, unless its letters say otherwise.

Letters decide first where they can: no Kazakh newspaper is without ә or қ, and many English-looking `en-US`
declarations are the default of a content system whose editors write Russian.
"""

import re
from collections import Counter

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_SAMPLE_CHARS = 4000
_ENOUGH_LETTERS = 20

_CYRILLIC_LANGUAGES = frozenset(
    {"ru", "kk", "ky", "uz", "tg", "uk", "be", "mn", "tt", "ba", "bg", "sr", "mk", "kv"}
)
_EITHER_SCRIPT = frozenset({"uz", "kk", "az", "tk", "sr", "mn", "ky", "tg"})
_OTHER_SCRIPTS = frozenset({"fa", "ar", "ps", "ur", "zh", "ja", "ko", "he", "hi", "ug", "ka", "hy"})

_TURKMEN = re.compile(r"[ýňž]")
_UZBEK_LATIN = re.compile(r"\b\w*[og]['’ʻ‘ʼ`]\w*|\b(?:va|bilan|uchun|bo|ham|bu|qilish)\b")


def language_of(text: str, *, entry: str | None, source: str | None, feed: str | None) -> str | None:
    """Return the ISO 639-1 code of a text's language, or None when nothing tells.

    Args:
        text: title and text, plain.
        entry: what the entry declares.
        source: what the list of sources says.
        feed: what the feed declares.
    """
    sample = text[:_SAMPLE_CHARS].lower()
    by_letters = _by_letters(sample)
    for declared in (entry, source, feed):
        code = _primary(declared)
        if code is not None and _fits(code, sample):
            return by_letters if by_letters and _overrules(by_letters, code) else code
    return by_letters or _weak_guess(sample)


def _primary(declared: str | None) -> str | None:
    code = re.split(r"[-_]", (declared or "").strip().lower())[0]
    aliases = {
        "eng": "en",
        "rus": "ru",
        "kaz": "kk",
        "kir": "ky",
        "kg": "ky",
        "kz": "kk",
        "tj": "tg",
        "uzb": "uz",
    }
    code = aliases.get(code, code)
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def _fits(code: str, sample: str) -> bool:
    """Tell whether a text may be in a language by its script alone."""
    cyrillic, latin = len(_CYRILLIC.findall(sample)), len(_LATIN.findall(sample))
    if code in _EITHER_SCRIPT or code in _OTHER_SCRIPTS or cyrillic + latin < _ENOUGH_LETTERS:
        return True
    return cyrillic >= latin if code in _CYRILLIC_LANGUAGES else latin >= cyrillic


def _overrules(by_letters: str, declared: str) -> bool:
    """Letters of its own beat a declaration of one of the languages that lack them."""
    return by_letters != declared and declared in {"ru", "en", "kk", "ky", "uz", "tg", "tk", "tr"}


def _by_letters(sample: str) -> str | None:
    """Return the language whose own letters the text has, if it has enough of them."""
    letters = Counter(sample)
    cyrillic = len(_CYRILLIC.findall(sample))
    if cyrillic >= _ENOUGH_LETTERS and cyrillic > len(_LATIN.findall(sample)):
        return _cyrillic_language(letters, cyrillic)
    if len(_LATIN.findall(sample)) < _ENOUGH_LETTERS:
        return None
    if len(_TURKMEN.findall(sample)) >= 3:
        return "tk"
    return "uz" if len(_UZBEK_LATIN.findall(sample)) >= 3 else None


def _cyrillic_language(letters: Counter[str], cyrillic: int) -> str | None:
    def count(own: str) -> int:
        return sum(letters[letter] for letter in own)

    enough = max(2, cyrillic // 400)
    ranked = (
        ("tg", count("ӣҷӯ") + (count("ҳ") if not count("ў") else 0)),
        ("uz", count("ў") * 2 + (count("ҳ") if count("ў") else 0)),
        ("kk", count("әұі") + (count("қғ") if not count("ўҷӣӯ") else 0)),
        ("uk", count("їєґ") * 2),
        ("ky", count("өүң") if not count("әұіқғ") else 0),
    )
    best, found = max(ranked, key=lambda item: item[1])
    if found >= enough:
        return best
    return None


def _weak_guess(sample: str) -> str | None:
    """With nothing declared: plain Cyrillic is Russian here, plain Latin with English words is English."""
    cyrillic, latin = len(_CYRILLIC.findall(sample)), len(_LATIN.findall(sample))
    if cyrillic >= _ENOUGH_LETTERS and cyrillic > latin:
        return "ru"
    english = len(re.findall(r"\b(?:the|and|of|to|in|is|was|for|with|on|has)\b", sample))
    return "en" if latin >= _ENOUGH_LETTERS and english >= 2 else None
