"""Documents to begin with: the real feeds of the data with known answers, and a few of our own where it is not here."""

import os
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 64 * 1024
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
_OWN = (
    (
        b'<?xml version="1.0" encoding="windows-1251"?><rss version="2.0"><channel><item><title>A &amp; B</title>'
        b"<link>/1</link><guid>1</guid><pubDate>Tue, 22 Sep 2026 10:00:00 +0600</pubDate><description><![CDATA[<p>x</p>]]>"
        b"</description></item></channel></rss>"
    ),
    b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/x/"><entry><id>1</id><content type="xhtml"/></entry></feed>',
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1, "content_html": "<p>x"}]}',
    b"<urlset><url><loc>https://a.kg/</loc><news:news><news:title>x</news:title></news:news></url></urlset>",
)


def documents() -> Iterator[bytes]:
    """Give them all, large ones left out."""
    yield from _OWN
    feeds = Path(os.environ.get("SILKWIRE_CONFORMANCE_DATA") or _BESIDE) / "feeds"
    for path in sorted(feeds.rglob("*")):
        if path.suffix in {".xml", ".rss", ".atom", ".rdf", ".json"} and path.stat().st_size <= MAX_BYTES:
            yield path.read_bytes()
