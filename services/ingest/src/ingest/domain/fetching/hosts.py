"""Names that are not left to DNS: a table in the format of /etc/hosts (hosts(5)), for tests and networks of one's own."""

from collections.abc import Mapping
from ipaddress import ip_address


class HostsError(Exception):
    """A line of a hosts file is not an address with names.

    Attributes:
        line: number of the line, from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is not an address followed by names")
        self.line = line


def read_hosts(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses of each name, in lower case; a name on several lines has the addresses of all of them.

    Args:
        text: lines of an address, names and perhaps a comment after `#`.

    Raises:
        HostsError: a line has no address, or no name.
    """
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            address = str(ip_address(words[0]))
        except ValueError:
            raise HostsError(number) from None
        if len(words) == 1:
            raise HostsError(number)
        for name in words[1:]:
            found.setdefault(name.lower().rstrip("."), []).append(address)
    return {name: tuple(addresses) for name, addresses in found.items()}
