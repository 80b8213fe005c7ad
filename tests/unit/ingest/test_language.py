"""Which language a text is in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        (
            "Der Bundeskanzler hat am Mittwoch in Berlin eine neue Regierung vorgestellt, die sparen soll.",
            "de",
        ),
        (
            "Le président de la République a annoncé mercredi un nouveau projet de loi sur les retraites.",
            "fr",
        ),
        ("Председник Србије изјавио је у среду да ће влада следеће године предложити нови закон.", "sr"),
        ("Прэзідэнт заявіў у сераду, што ўрад унясе новы законапраект у наступным годзе.", "be"),
        ("رئیس جمهور روز چهارشنبه گفت که دولت قانون تازه‌ای را پیشنهاد خواهد کرد", "fa"),
    ],
)
def test_a_language_that_we_cannot_tell_is_what_its_publisher_says(text: str, declared: str) -> None:
    assert language_of(text, entry=None, source=None, feed=declared) == declared


def test_a_language_that_we_cannot_tell_and_nobody_declares_is_none() -> None:
    """Better no language than German among the English articles."""
    german = "Der Bundeskanzler hat am Mittwoch in Berlin eine neue Regierung vorgestellt, die sparen soll."
    persian = "رئیس جمهور روز چهارشنبه گفت که دولت قانون تازه‌ای را پیشنهاد خواهد کرد"
    assert language_of(german, entry=None, source=None, feed=None) is None
    assert language_of(persian, entry=None, source=None, feed="ru") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Президент Украины заявил в среду, что правительство предложит новый закон.", "ru"),
        ("Президент України заявив у середу, що уряд запропонує новий закон про пенсії.", "uk"),
        ("Cumhurbaşkanı çarşamba günü hükümetin yeni bir yasa teklifi sunacağını açıkladı.", "tr"),
        ("Qazaqstan Prezidenti búgin Astanada úkimet otyrysyn ótkizdi dep habarlady baspasóz qyzmeti.", "kk"),
        ("Бугун Ўзбекистонда янги қонун қабул қилинди, дея хабар бермоқда матбуот хизмати.", "uz"),
    ],
)
def test_neighbours_are_told_apart(text: str, code: str) -> None:
    assert language_of(text, entry=None, source=None, feed="en") == code


def test_a_dateline_in_another_language_does_not_decide() -> None:
    dateline = "BISHKEK (AKIpress) - The text below is in Kyrgyz. "
    assert language_of(dateline + TEXTS["ky"] * 8, entry=None, source=None, feed=None) == "ky"


@given(st.text())
def test_no_text_trips_it(text: str) -> None:
    code = language_of(text, entry=None, source=None, feed=None)
    assert code is None or len(code) == 2


def test_nothing_known_is_none() -> None:
    assert language_of("2026", entry=None, source=None, feed="x-default") is None
    assert language_of("", entry=None, source=None, feed=None) is None
