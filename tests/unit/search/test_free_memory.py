"""What a view took while it was built is given back: a replica is given memory for answering, not for building."""

from pathlib import Path

from search.adapters.free_memory import give_back

MIB = 2**20


def own_bytes() -> int:
    """Return the memory that is this process's own."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def test_memory_that_is_free_below_what_is_still_used_is_given_back() -> None:
    """Else one document that lies above it all keeps a gigabyte from the rest of the machine."""
    documents = [bytes(2000) for _ in range(50_000)]
    last = documents.pop()
    documents.clear()
    before = own_bytes()
    give_back()
    assert own_bytes() < before - 60 * MIB
    assert len(last) == 2000
