"""Words that were looked for are marked on pages, whatever the text holds."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.marks import Piece, pieces

SPANS = st.lists(st.tuples(st.integers(-2, 12), st.integers(-2, 12)), max_size=5)


def test_a_text_is_cut_where_marks_begin_and_end() -> None:
    assert pieces("a rail plan", [(2, 6)]) == [
        Piece("a ", marked=False),
        Piece("rail", marked=True),
        Piece(" plan", marked=False),
    ]
    assert pieces("rail", [(0, 4)]) == [Piece("rail", marked=True)]
    assert pieces("", []) == []


@given(text=st.text(max_size=10), spans=SPANS)
def test_the_pieces_are_always_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    """A place that search tells wrongly may cost a mark, never a letter."""
    assert "".join(piece.text for piece in pieces(text, spans)) == text
