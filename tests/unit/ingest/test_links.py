"""The Link header: what servers really send, and what must not confuse us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.fetching.links import links_of, related

URL = "https://a.kg/news/rss"


@pytest.mark.parametrize(
    ("header", "hubs"),
    [
        ('<https://hub.kg/>; rel="hub"', ("https://hub.kg/",)),
        ("<https://hub.kg/>;rel=hub", ("https://hub.kg/",)),
        ('<https://hub.kg/>; type="x"; REL="HUB self"', ("https://hub.kg/",)),
        ('<https://hub.kg/?a=1,2;3>; rel="hub"', ("https://hub.kg/?a=1,2;3",)),
        ('</hub>; rel="hub"', ("https://a.kg/hub",)),
        (
            '<https://a.kg/wp-json/>; rel="https://api.w.org/", <https://hub.kg/>; rel="hub"',
            ("https://hub.kg/",),
        ),
        ('<https://hub.kg/>; rel="hub", <https://hub.kg/>; rel="hub"', ("https://hub.kg/",)),
        ('<https://hub.kg/>; title="a, <b>; rel=hub"; rel="next"', ()),
        ("<javascript:alert(1)>; rel=hub", ()),
        ("<http://[>; rel=hub", ()),
        ("<https://hub.kg/>", ()),
        ("hub", ()),
        ("", ()),
    ],
)
def test_hubs_are_found_in_the_header(header: str, hubs: tuple[str, ...]) -> None:
    """Publishers whose feeds come from a generator, and who name their hub in the server's settings."""
    assert related(links_of(header, URL), "hub") == hubs


@given(st.text(alphabet='<>;,=" \\relhubsf:/.a', max_size=300))
def test_no_header_is_too_much(header: str) -> None:
    for address, _ in links_of(header, URL):
        assert address.startswith("https://")
