"""What is made of pieces of texts is made once, and so many are kept."""

import threading

from shared.query.remembered import LONGEST_PIECE, Room


class Making:
    """Makes capitals and keeps account of it."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, piece: str) -> str:
        self.made.append(piece)
        return piece.upper()


def test_what_is_known_is_not_made_again() -> None:
    making = Making()
    remembered = Room(8).remembered(making)
    assert [remembered[piece] for piece in ("a", "b", "a", "a")] == ["A", "B", "A", "A"]
    assert making.made == ["a", "b"]


def test_what_is_asked_for_again_and_again_is_kept_and_what_is_not_is_forgotten() -> None:
    """The words of the day stay; those of one article of last year do not fill the memory."""
    making = Making()
    remembered = Room(8).remembered(making)
    for number in range(100):
        assert remembered["often"] == "OFTEN"
        assert remembered[f"once {number}"] == f"ONCE {number}"
        assert len(remembered) <= 4
    assert making.made.count("often") == 1
    assert remembered["once 0"] == "ONCE 0"
    assert making.made.count("once 0") == 2


def test_memories_of_one_room_share_it() -> None:
    """Words of several languages are remembered apart, and who runs the service knows one bound."""
    room = Room(10)
    many, few = room.remembered(str.upper), room.remembered(str.lower)
    for number in range(100):
        assert (many[f"a{number}"], few["B"]) == (f"A{number}", "b")
        assert len(many) + len(few) <= 5


def test_pieces_of_no_bound_are_not_kept() -> None:
    """A text without spaces is one piece; a hostile one has a megabyte."""
    remembered = Room(8).remembered(len)
    for length in (LONGEST_PIECE, LONGEST_PIECE + 1, 1_000_000):
        assert remembered["a" * length] == length
    assert list(remembered) == ["a" * LONGEST_PIECE]


def test_threads_that_share_a_memory_all_get_what_is_right() -> None:
    """A view analyses in a thread of its own while another marks what a query found."""
    remembered = Room(64).remembered(int)
    pieces = [str(number % 300) for number in range(20_000)]
    seen: list[list[int]] = []
    threads = [
        threading.Thread(target=lambda: seen.append(list(map(remembered.__getitem__, pieces))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[int(piece) for piece in pieces]] * 4
    assert len(remembered) <= 64
