"""A broken document is the same in meaning, refused, or different only where its own digits are."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import NBT
from tests.suites import rates_documents as documents
from tests.suites.rates_mutations import (
    DAY,
    Original,
    check_anything,
    check_digits,
    check_markup,
    check_shown,
    originals,
    read,
)

ORIGINALS = list(originals())
SOME = st.sampled_from(ORIGINALS)
CHANCE = st.integers(0, 2**64).map(random.Random)


@pytest.mark.parametrize("original", ORIGINALS, ids=lambda original: original.bank.id)
def test_a_document_as_it_is_keeps_every_promise(original: Original) -> None:
    assert check_anything(original.document) == 1
    check_shown(original.bank, original.table)


@settings(deadline=None, max_examples=300)
@given(SOME, CHANCE)
def test_changed_markup_changes_no_number(original: Original, chance: random.Random) -> None:
    check_markup(chance, original)


@settings(deadline=None, max_examples=300)
@given(SOME, CHANCE)
def test_a_changed_digit_is_read_as_it_stands_or_refused(original: Original, chance: random.Random) -> None:
    check_digits(chance, original)


@settings(deadline=None, max_examples=200)
@given(SOME, st.integers(0, 5000), st.integers(0, 300), st.binary(max_size=12))
def test_whatever_is_cut_out_or_put_in_no_number_is_made_of_pieces(
    original: Original, at: int, length: int, put: bytes
) -> None:
    document = original.document
    at %= len(document)
    check_anything(document[:at] + put + document[at + length :])


def test_a_number_cut_over_to_another_currency_is_not_shown() -> None:
    """No parser can know that 0.1277 was the rouble's; that the somoni did not rise 73-fold overnight, we do."""
    document = documents.nbt(DAY, "9.3450")
    start = document.index(b"9.3450")
    end = document.index(b"0.1277")
    found = read(NBT, document[:start] + document[end:])
    assert found is not None
    dollar = found.row("USD")
    assert dollar is not None
    assert f"{dollar.value}" == "0.1277"
    check_shown(NBT, found)
