"""Which texts count as nearly the same."""

import re
from array import array
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from search.domain.letters import words_of
from search.domain.near_duplicates import FEWEST, MOST_WORDS, SKETCH, Sketch, alike, sketch_of, unpacked
from shared.query import fold, normalise

WORDS = [f"word{number}" for number in range(4000)]
STORY = " ".join(WORDS[:60])


def sketch(text: str, title: str = "") -> Sketch:
    found = sketch_of(title, text)
    assert found is not None
    return found


def changed(text: str, every: int) -> str:
    """Return a text with each so-manieth word another."""
    return " ".join("other" if place % every == 0 else word for place, word in enumerate(text.split()))


def test_a_copy_is_alike_whatever_its_case_dots_and_apostrophes() -> None:
    """Outlets print the same agency text by their own habits of typing."""
    one = sketch("Ёлка в Бишкеке: министры открыли ёлку на площади Ала-Тоо в субботу вечером")
    other = sketch("ЕЛКА В БИШКЕКЕ - министры открыли елку на площади Ала-Тоо, в субботу вечером")
    assert one == other
    assert alike(one, other)


def test_a_rewritten_copy_is_alike() -> None:
    words = STORY.split()
    swapped = " ".join([*words[40:], *words[20:40], *words[:20]])
    for other in (swapped, changed(STORY, 15), " ".join(words[:40])):
        assert alike(sketch(STORY), sketch(other))
    assert alike(
        sketch(STORY, "One title of six words here"), sketch(STORY, "Quite another title of seven words")
    )


def test_the_beginning_of_a_long_story_is_alike_but_a_short_quotation_is_not() -> None:
    """A feed may give the first half of what another gives whole; a citation is another story."""
    long = " ".join(WORDS[:1000])
    assert alike(sketch(long), sketch(" ".join(WORDS[:400])))
    assert not alike(sketch(long), sketch(" ".join(WORDS[:60])))


def test_another_story_is_not_alike_though_it_shares_a_paragraph() -> None:
    """Every report of a paper ends in the same words about the paper."""
    end = " ".join(WORDS[3000:3020])
    assert not alike(sketch(f"{' '.join(WORDS[:60])} {end}"), sketch(f"{' '.join(WORDS[100:160])} {end}"))


def test_a_bulletin_with_other_numbers_is_not_alike() -> None:
    def bulletin(*rates: float) -> str:
        names = ("доллар США", "евро", "рубль", "тенге", "юань")
        said = (f"{name} составляет {rate} сома" for name, rate in zip(names, rates, strict=True))
        return "Официальный курс: " + ", ".join(said)

    assert not alike(
        sketch(bulletin(87.45, 101.2, 1.12, 0.17, 12.3)), sketch(bulletin(87.43, 101.9, 1.11, 0.18, 12.4))
    )


def test_texts_in_different_scripts_are_never_alike() -> None:
    assert not alike(
        sketch("Oʻzbekiston va Qirgʻiziston oʻrtasida yangi chegara punkti ochildi bugun"),
        sketch("Ўзбекистон ва Қирғизистон ўртасида янги чегара пункти очилди бугун"),
    )


def test_what_is_too_short_to_be_told_from_others_has_no_sketch() -> None:
    """`Exchange rates for today` is the title of a thousand articles."""
    assert sketch_of("Exchange rates for today", "") is None
    assert sketch_of("", "") is None
    assert sketch_of("", " ".join(WORDS[: FEWEST + 2])) is not None


@given(st.lists(st.sampled_from(WORDS), max_size=300).map(" ".join))
def test_a_sketch_is_bounded_and_survives_the_database(text: str) -> None:
    found = sketch_of("", text)
    if found is not None:
        assert unpacked(found.packed()) == found
        assert len(found.hashes) <= 4 * SKETCH
        assert alike(found, found)


@given(st.integers(60, 400), st.integers(2, 30))
def test_likeness_is_mutual(length: int, every: int) -> None:
    one = sketch(" ".join(WORDS[:length]))
    other = sketch(changed(" ".join(WORDS[:length]), every))
    assert alike(one, other) == alike(other, one)


def test_a_sketch_is_the_same_in_every_process_and_version() -> None:
    """Sketches are stored: were they to change without a new version, new articles would not meet the old ones."""
    found = sketch("The crossing opened to lorries of both countries on Wednesday morning")
    assert found.packed().hex()[:40] == "09000002a9f27300843cab20903199687f28f16f"


def test_a_sketch_that_another_version_made_is_no_sketch() -> None:
    """It shares no hash with ours, so whoever compares them would say that no articles are alike."""
    former = bytes.fromhex("09000000f09b741e0868af3a232be857ed90b179")
    assert unpacked(former) is None
    assert unpacked(b"") is None


def by_definition(title: str, text: str) -> Sketch | None:
    """Return the sketch by a loop over the words of the whole text, each coded alone."""
    words = re.findall(r"\w+", fold(normalise(f"{title}\n{text}").lower()))[:MOST_WORDS]
    hashed = [crc32(b"".join(words_of(word)), 7) for word in words]
    runs = {
        (one * 0x1E3779B1 + two * 0x25EBCA77 + three * 0x32B2AE3D) % 2**32
        for one, two, three in zip(hashed, hashed[1:], hashed[2:], strict=False)
    }
    return Sketch(len(runs), array("I", sorted(runs)[:SKETCH]).tobytes()) if len(runs) >= FEWEST else None


@given(
    title=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    text=st.lists(
        st.sampled_from(
            [
                *WORDS[:40],
                "Ёлка,",
                "«Ала-Тоо»",
                "o\u02bbzbek",
                "\u0301a",
                "e\u0301",
                "a_b",
                "字",
                "Ərəb",
                "„Ҳоло”",
                "მთა-ბარი",
                "1²",
                "\x00",
                "\ufffe",
            ]
        )
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
        max_size=60,
    ).flatmap(
        lambda words: st.sampled_from([" ", "\n", "\u00a0", "\u2003\u0308"]).map(lambda gap: gap.join(words))
    ),
)
def test_a_sketch_is_of_the_words_of_the_whole_text_however_they_are_looked_up(title: str, text: str) -> None:
    assert sketch_of(title, text) == by_definition(title, text)


@given(st.integers(MOST_WORDS - 3, MOST_WORDS + 3), st.integers(1, 4000))
def test_of_a_long_text_the_first_words_are_sketched(length: int, different: int) -> None:
    text = ". ".join(WORDS[number % different] for number in range(length))
    assert sketch_of("A title", text) == by_definition("A title", text)
