"""The rule for a reader's place: whatever is cut off, what it was given is the stream, once and in order."""

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.live import Place, Repeats, Verdict

STREAMS = st.lists(st.integers(0, 12), min_size=1, max_size=40).map(
    lambda ids: [(offset, f"e{number}") for offset, number in enumerate(ids)]
)


@given(stream=STREAMS, cuts=st.lists(st.integers(0, 40), max_size=6), look_back=st.integers(0, 5))
def test_through_any_losses_each_event_is_given_once_and_in_order(
    stream: list[tuple[int, str]], cuts: list[int], look_back: int
) -> None:
    place, given_out = Place(-1), list[str]()
    for length in [*cuts, len(stream)]:
        begin = max(0, (place.after or 0) - look_back)
        place.deliver_again()
        for offset, event_id in stream[begin : begin + length + look_back + 1]:
            verdict = place.judge(offset, event_id)
            assert verdict in {Verdict.PASSED, Verdict.NEW, Verdict.REPEAT}
            if verdict is Verdict.NEW:
                given_out.append(event_id)
    assert given_out == list(dict.fromkeys(event_id for _, event_id in stream))


@given(first=st.integers(0, 100), after=st.integers(-1, 100))
def test_a_place_is_expired_exactly_when_an_event_is_missing_after_it(first: int, after: int) -> None:
    place = Place(after)
    place.deliver_again()
    assert (place.judge(first, "e") is Verdict.EXPIRED) == (first > after + 1)


def test_a_hole_that_the_broker_left_beside_the_place_is_no_loss() -> None:
    """Offsets are also used up by the broker's own accounts."""
    place = Place(7)
    place.deliver_again()
    assert place.judge(6, "a") is Verdict.PASSED
    assert not place.sure
    assert place.judge(9, "b") is Verdict.NEW
    assert place.sure


def test_another_event_at_the_place_is_another_stream() -> None:
    place = Place(None)
    place.deliver_again()
    assert place.judge(5, "a") is Verdict.NEW
    place.deliver_again()
    assert place.judge(5, "b") is Verdict.UNKNOWN


def test_a_stream_that_no_longer_has_the_event_passed_last_is_another_stream() -> None:
    """Cut off before the place and grown past it, with one of the broker's own accounts where the event was."""
    place = Place(None)
    place.deliver_again()
    assert [place.judge(offset, event_id) for offset, event_id in ((6, "a"), (7, "b"))] == [Verdict.NEW] * 2
    place.deliver_again()
    assert place.judge(6, "a") is Verdict.PASSED
    assert place.judge(8, "c") is Verdict.UNKNOWN


def test_after_a_reset_everything_is_new_again() -> None:
    """Whoever was told `reset` has thrown away what it had."""
    place = Place(None)
    place.deliver_again()
    assert place.judge(5, "a") is Verdict.NEW
    place.begin_anew()
    assert place.sure
    assert place.judge(0, "a") is Verdict.NEW


def test_a_message_without_a_readable_id_is_passed_and_never_taken_for_a_repeat() -> None:
    place = Place(-1)
    place.deliver_again()
    assert [place.judge(offset, None) for offset in range(3)] == [Verdict.NEW] * 3
    place.deliver_again()
    assert place.judge(2, None) is Verdict.PASSED
    assert place.sure


@given(st.lists(st.integers(0, 30)), st.integers(1, 10))
def test_a_repeat_is_known_within_the_window_and_the_window_does_not_grow(ids: list[int], most: int) -> None:
    repeats, window = Repeats(most), list[int]()
    for number in ids:
        assert repeats.has(str(number)) == (number in window)
        if number not in window:
            window = [*window, number][-most:]
        assert len(repeats._ids) <= most
