"""Which language a text is in: what its letters say where they say it clearly, else what its publisher declares.

Declarations are weak evidence: many an `en-US` is the default of a content system whose editors write Russian, and
outlets with editions in three languages declare one for all. But a short text, or one between two close languages,
is left to them.
"""

import re

from ingest.domain.text.trigrams import AnyScript, Guess, guess

_PIECE_CHARS = 160
"""Two pieces of this length are looked at: the beginning and one from the middle."""

_CYRILLIC = frozenset({"ru", "uk", "be", "mn", "tt", "ba", "bg", "mk", "kv", "cv", "ce", "os", "sah"})
_ANY_SCRIPT = frozenset({"uz", "kk", "az", "tk", "sr", "ky", "tg"})
_OTHER_SCRIPTS = frozenset(
    {"fa", "ar", "ps", "ur", "zh", "ja", "ko", "he", "hi", "ug", "ka", "hy", "th", "el"}
)
_OVERRULED = frozenset({"en", "ru", "kk", "ky", "uz", "tg", "tk", "uk", "bg", "tt", "ba", "mn", "tr", "az"})
"""Languages that the table knows; whoever declares another one means it."""

_ALIASES = {
    "eng": "en", "rus": "ru", "kaz": "kk", "kir": "ky", "uzb": "uz", "tgk": "tg", "tuk": "tk", "kg": "ky", "kz": "kk",
    "tj": "tg", "tm": "tk", "ua": "uk",
}  # fmt: skip


def language_of(text: str, *, entry: str | None, source: str | None, feed: str | None) -> str | None:
    """Return the ISO 639-1 code of a text's language, or None when nothing tells.

    Args:
        text: title and text, plain.
        entry: what the entry, or its page, declares.
        source: what the list of sources says.
        feed: what the feed declares.
    """
    told = guess(_sample(text))
    declared = _declared((entry, source, feed), told)
    if told is not None and told.code is not None and (declared is None or _overrules(told, declared)):
        return told.code
    return declared


def _sample(text: str) -> str:
    """Return the beginning and a piece of the middle: a dateline or a quotation is not the whole."""
    if len(text) <= 2 * _PIECE_CHARS:
        return text
    middle = max(_PIECE_CHARS, len(text) // 2)
    return f"{text[:_PIECE_CHARS]} {text[middle : middle + _PIECE_CHARS]}"


def _declared(declarations: tuple[str | None, ...], told: Guess | None) -> str | None:
    """Return the first declaration that can be true by the script of the text."""
    codes = (_primary(declared) for declared in declarations)
    return next((code for code in codes if code and (told is None or _fits(code, told.script))), None)


def _primary(declared: str | None) -> str | None:
    code = re.split(r"[-_]", (declared or "").strip().lower())[0]
    code = _ALIASES.get(code, code)
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def _fits(code: str, script: AnyScript) -> bool:
    if code in _ANY_SCRIPT:
        return True
    if code in _OTHER_SCRIPTS:
        return script == "other"
    return script == ("cyrillic" if code in _CYRILLIC else "latin")


def _overrules(told: Guess, declared: str) -> bool:
    return told.clear and declared in _OVERRULED
