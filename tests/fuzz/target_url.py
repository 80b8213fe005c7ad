"""Canonical addresses and keys of identity, from any bytes: never a crash, and the canonical form is its own."""

from ingest.domain.articles.identity import canonical_url
from ingest.domain.articles.keys import Name, ambiguous, keys_of
from ingest.domain.articles.variants import page_address


def one_input(data: bytes) -> None:
    """Read two addresses and a guid from bytes, a line each, and check what must hold for any of them."""
    base, address, guid = [*data.decode("utf-8", "replace").split("\n", 2), "", "", ""][:3]
    canonical = canonical_url(address, base)
    if canonical is None:
        return
    assert canonical_url(canonical) == canonical
    assert canonical_url(canonical + ("&" if "?" in canonical else "?") + "utm_source=x") in {
        canonical,
        None,
    } or ("#" in canonical)
    assert len(page_address(canonical)) <= len(canonical)
    name = Name(guid or None, canonical, "Title")
    keys = keys_of("a.kg", "a", name, ambiguous([name, Name(guid, address, "Another")]))
    assert keys
    assert keys == keys_of("a.kg", "a", name, ambiguous([Name(guid, address, "Another"), name]))
