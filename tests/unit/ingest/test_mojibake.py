"""Text that was damaged before it reached us, and text that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.decoding.decode import decode
from ingest.domain.decoding.mojibake import mend

RUSSIAN = "Привет, Бишкек: «новости» на сегодня — 5 марта"
KAZAKH = "Қазақстан Республикасының Үкіметі әлеуметтік көмек көрсетеді"


def read_as(text: str, codec: str) -> str:
    """Return UTF-8 text as software shows it that takes it for something else and keeps what it does not know."""
    return "".join(_one(byte, codec) for byte in text.encode())


def _one(byte: int, codec: str) -> str:
    try:
        return bytes([byte]).decode(codec)
    except UnicodeDecodeError:
        return chr(byte)


@pytest.mark.parametrize("codec", ["cp1251", "cp1252", "latin-1"])
@pytest.mark.parametrize("text", [RUSSIAN, KAZAKH, "в и с к"], ids=["russian", "kazakh", "short words"])
def test_utf8_that_was_taken_for_something_else_is_read_as_it_was_meant(text: str, codec: str) -> None:
    """Feeds of two publishers of the region say `РџСЂРёРІРµС‚` in valid UTF-8."""
    damaged = f"<title>{read_as(f'{text} {RUSSIAN}', codec)}</title>"
    assert mend(damaged) == f"<title>{text} {RUSSIAN}</title>"


def test_text_that_was_damaged_twice_is_mended_twice() -> None:
    """Each export and import of a content system adds one."""
    assert mend(read_as(read_as(RUSSIAN, "cp1251"), "cp1251")) == RUSSIAN


def test_windows_1251_that_was_taken_for_latin_is_mended() -> None:
    """What a database with the wrong connection charset gives."""
    text = "Привет, Бишкек: новости на сегодня"
    assert mend(f"<p>{text.encode('cp1251').decode('latin-1')}</p>") == f"<p>{text}</p>"


def test_one_damaged_stretch_in_a_good_document_is_mended_alone() -> None:
    """An author pasted a paragraph; the rest was right."""
    document = f"<title>{RUSSIAN}</title><p>{read_as(RUSSIAN, 'cp1251')}</p>"
    assert mend(document) == f"<title>{RUSSIAN}</title><p>{RUSSIAN}</p>"


def test_a_western_apostrophe_that_was_damaged_is_mended() -> None:
    """The most common one of all."""
    assert mend("the userâ€™s podcast") == "the user’s podcast"


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        KAZAKH,
        "«США» и «РФ», «ТАСС», СССР», группа «В», пункт «Р» США»",
        "Україна, Росії, Азії, її країни, наїв",
        "été «fierté » œuvre à la carte, naïve façade, MENÜ», AMANHÃ»",
        "Ñandú, Ãlvaro, ÀÉÈÙ",
        "ÀÀÅÉ",
        "Türkçe, Azərbaycan, Oʻzbekiston, Türkmenistanyň",
        "‘quoted’ “text” — 5 °C, № 7, § 3, © 2026 ® ™",
        "테스트 피드 中文 اردو",
    ],
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    """Mending what is whole would be worse than no mending."""
    assert mend(text) == text


@given(
    st.text(alphabet="абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯ «»—,.ёЁ№", max_size=80)
)
def test_no_russian_text_is_taken_for_damaged(text: str) -> None:
    """Whatever the words are."""
    assert mend(text) == text


@given(st.text(max_size=60))
def test_mending_ends_and_never_fails(text: str) -> None:
    """A feed may hold anything."""
    mend(text)


def test_the_mended_document_says_so() -> None:
    """The log tells which publishers to write to."""
    assert "mended" in (decode(f"<rss>{read_as(RUSSIAN, 'cp1251')}</rss>".encode()).flaw or "")
