"""What a parser finds in a feed, before any rule was applied: texts exactly as the publisher wrote them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Markup:
    """A piece of text.

    Attributes:
        value: as written.
        is_html: whether it is HTML.
        base: what its relative links refer to, where the feed says so (xml:base); None for the entry's own page.
    """

    value: str
    is_html: bool
    base: str | None = None


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry of a feed.

    Attributes:
        guid: RSS guid, Atom id, JSON Feed id.
        link: the entry's own page, perhaps relative to the feed's address.
        title: its title.
        contents: every body that came with it: content, description, Yandex full text.
        summary: the publisher's own summary, where it is apart from the content.
        authors: names.
        topics: categories, tags.
        images: addresses of pictures, the best first.
        published: publication time as written.
        updated: time of the last change as written.
        language: as declared on the entry.
    """

    guid: str | None = None
    link: str | None = None
    title: Markup | None = None
    contents: tuple[Markup, ...] = ()
    summary: Markup | None = None
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    published: str | None = None
    updated: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as parsed.

    Attributes:
        kind: dialect, such as `rss20`, `rss10`, `atom10`, `json11`.
        title: the feed's title.
        link: the page it belongs to.
        language: as declared for the whole feed.
        entries: in the feed's order.
        flaw: what was broken but could be read past; None for a well-formed feed.
        left_out: entries that were too many to be parsed.
        address: the feed's own address, as it says itself (rel=self); None where it says none.
        hubs: addresses of its WebSub hubs.
    """

    kind: str
    title: str = ""
    link: str | None = None
    language: str | None = None
    entries: tuple[RawEntry, ...] = field(default=())
    flaw: str | None = None
    left_out: int = 0
    address: str | None = None
    hubs: tuple[str, ...] = ()
