"""Headers of a message that is sent on: whatever they were, they can be."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import decode, encode
from pamqp.common import FieldTable

from shared.bus.headers import HEADERS_MAX_BYTES, strip_broker_headers
from shared.bus.retry import ATTEMPT_HEADER


def test_the_brokers_own_accounts_are_stripped_and_nothing_else() -> None:
    ours = {"cloudEvents_id": "1", ATTEMPT_HEADER: 2, "x-silkwire-dead-cause": "rejected"}
    brokers = {
        "x-death": [{}],
        "x-first-death-queue": "q",
        "x-first-death-reason": "expired",
        "x-last-death-exchange": "e",
        "x-delivery-count": 3,
    }
    assert strip_broker_headers({**ours, **brokers}) == ours


def test_headers_that_the_library_can_read_but_not_write_are_made_writable() -> None:
    """Text that is not UTF-8 is read as bytes; burying its message must not end the consumer."""
    strange = {"text": b"\xff", "table": {"inner": [b"\xfe", 1]}, "plain": "x"}
    written = encode.field_table(cast("FieldTable", strip_broker_headers(strange)))
    assert decode.field_table(written)[1] == strange


@pytest.mark.parametrize("number", [1e300, -1e300, 2**63, float("inf")])
def test_a_number_that_cannot_be_written_is_written_as_text(number: float) -> None:
    written = encode.field_table(cast("FieldTable", strip_broker_headers({"odd": [number], "plain": 1})))
    assert decode.field_table(written)[1]["plain"] == 1


# The broker's own are left out whatever their length.
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(
    lambda name: strip_broker_headers({name: ""})
)


@given(st.dictionaries(names, st.integers(min_value=0, max_value=40_000), max_size=20))
def test_headers_of_any_length_fit_into_a_frame_and_the_short_ones_stay(lengths: dict[str, int]) -> None:
    kept = strip_broker_headers({name: "x" * length for name, length in lengths.items()})
    assert len(encode.field_table(cast("FieldTable", kept))) <= HEADERS_MAX_BYTES + 4
    left_out = [lengths[name] for name in lengths if name not in kept]
    assert not left_out or max((lengths[name] for name in kept), default=0) <= min(left_out) + 120
