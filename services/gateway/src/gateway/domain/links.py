"""Link headers by RFC 8288, so that a program pages without building addresses."""

from gateway.domain.paging import Pager
from gateway.domain.question import address


def link_header(path: str, pages: Pager) -> str:
    """Return the Link header's value for an answer's pages; empty when there is no other page.

    The addresses are relative to this server, which no forged Host header can turn elsewhere.
    """
    relations = (("first", pages.first), ("prev", pages.prev), ("next", pages.next), ("last", pages.last))
    return ", ".join(
        f'<{address(path, question)}>; rel="{relation}"'
        for relation, question in relations
        if question is not None
    )
