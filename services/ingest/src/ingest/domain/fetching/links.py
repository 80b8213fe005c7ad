"""The Link header of an answer (RFC 8288, 3), as far as WebSub needs it: addresses by their relation."""

import re
from collections.abc import Sequence
from urllib.parse import urljoin

_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[A-Za-z*]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]*))?)*)')
_PARAMETER = re.compile(r';\s*([A-Za-z*]+)\s*(?:=\s*(?:"([^"]*)"|([^\s",;]*)))?')
MOST_CHARS = 8192
"""Of a header that is looked at; WordPress, which names most, needs some hundred."""

Link = tuple[str, tuple[str, ...]]
"""An address and the relations that it has, in lower case."""


def links_of(header: str, base: str) -> tuple[Link, ...]:
    """Return the web addresses that a Link header names, with their relations; what cannot be read is left out.

    Args:
        header: one header, or several joined by commas.
        base: the address that answered, for relative ones.
    """
    found = []
    for match in _LINK.finditer(header[:MOST_CHARS]):
        address = _absolute(base, match[1].strip())
        relations = next(
            (quoted or bare for name, quoted, bare in _PARAMETER.findall(match[2]) if name.lower() == "rel"),
            "",
        )
        if relations and address is not None:
            found.append((address, tuple(relations.lower().split())))
    return tuple(found)


def related(links: Sequence[Link], relation: str) -> tuple[str, ...]:
    """Return the addresses that have a relation, each once, in their order."""
    return tuple(dict.fromkeys(address for address, relations in links if relation in relations))


def _absolute(base: str, given: str) -> str | None:
    try:
        whole = urljoin(base, given) if given else ""
    except ValueError:
        return None
    return whole if whole.startswith(("http://", "https://")) else None
