"""Which language a text is in."""

import pytest

from ingest.domain.text.language import language_of

TEXTS = {
    "ru": "Сегодня в Бишкеке состоялось заседание кабинета министров, сообщила пресс-служба.",
    "kk": "Бүгін Астанада үкімет отырысы өтті, деп хабарлады баспасөз қызметі. Қазақстан әлемдік нарықта.",
    "ky": "Бүгүн Бишкекте министрлер кабинетинин жыйыны өттү, деп билдирди басма сөз кызматы. Өлкөнүн түштүгү.",
    "tg": "Имрӯз дар Душанбе ҷаласаи ҳукумат баргузор шуд, хабар дод хадамоти матбуот. Тоҷикистон.",
    "uz": "Bugun Toshkentda hukumat yig‘ilishi bo‘lib o‘tdi, deb xabar berdi matbuot xizmati.",
    "tk": "Şu gün Aşgabatda hökümetiň mejlisi geçirildi, diýip metbugat gullugy habar berýär. Ýurduň ýaşlary.",
    "en": "The cabinet of ministers met in Bishkek today, and the press service has told of it.",
}
UZBEK_CYRILLIC = "Бугун Тошкентда ҳукумат йиғилиши бўлиб ўтди, деб хабар берди матбуот хизмати."


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_letters_tell_where_nothing_is_declared(code: str) -> None:
    assert language_of(TEXTS[code], entry=None, source=None, feed=None) == code


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_a_true_declaration_is_kept(code: str) -> None:
    assert language_of(TEXTS[code], entry=None, source=None, feed=f"{code}-XX") == code


def test_uzbek_in_cyrillic_is_uzbek() -> None:
    assert language_of(UZBEK_CYRILLIC, entry=None, source=None, feed=None) == "uz"


@pytest.mark.parametrize("code", ["ru", "kk", "ky", "tg"])
def test_a_default_en_us_does_not_make_cyrillic_english(code: str) -> None:
    assert language_of(TEXTS[code], entry=None, source=None, feed="en-US") == code


@pytest.mark.parametrize("code", ["kk", "ky", "tg", "uz", "tk"])
def test_letters_of_its_own_beat_a_declaration_of_russian(code: str) -> None:
    assert language_of(TEXTS[code], entry=None, source=None, feed="ru") == code


def test_the_entry_knows_better_than_the_list_and_the_list_better_than_the_feed() -> None:
    short = "Бишкек"
    assert language_of(short, entry="ky", source="ru", feed="kk") == "ky"
    assert language_of(short, entry=None, source="ru", feed="kk") == "ru"
    assert language_of(short, entry=None, source=None, feed="kaz") == "kk"


def test_nothing_known_is_none() -> None:
    assert language_of("2026", entry=None, source=None, feed="x-default") is None
    assert language_of("", entry=None, source=None, feed=None) is None
