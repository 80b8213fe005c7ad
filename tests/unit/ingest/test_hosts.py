"""Names that are not left to DNS."""

import pytest

from ingest.domain.fetching.hosts import HostsError, read_hosts


def test_a_hosts_file_is_read_as_the_system_reads_its_own() -> None:
    text = "# ours\n127.0.0.1  one.example Two.example. # and a comment\n\n::1 one.example\n"
    assert read_hosts(text) == {"one.example": ("127.0.0.1", "::1"), "two.example": ("127.0.0.1",)}


@pytest.mark.parametrize("line", ["one.example 127.0.0.1", "127.0.0.1", "127.0.0.1 # one.example"])
def test_a_line_that_is_none_is_told_by_its_number(line: str) -> None:
    with pytest.raises(HostsError) as refused:
        read_hosts(f"\n{line}\n")
    assert refused.value.line == 2
