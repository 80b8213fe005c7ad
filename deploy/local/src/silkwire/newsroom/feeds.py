"""Writes a source's articles as its feed: RSS 2.0, Atom, RSS 1.0 or JSON Feed, with the whole texts."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from silkwire.newsroom.edition import Article
from silkwire.newsroom.sources import Source, feed_url, home_url

_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it is sent.

    Attributes:
        changed_at: when the newest of its articles was published or edited; aware UTC, whole seconds.
    """

    body: bytes
    media_type: str
    changed_at: datetime


def write_feed(source: Source, articles: Sequence[Article], base_url: str) -> Feed:
    """Return a source's feed.

    Args:
        source: whose feed it is; tells format and charset.
        articles: newest first, at least one.
        base_url: where the newsroom is served, without a slash at its end.
    """
    write, media_type = _FORMATS[source.format]
    changed_at = max(article.updated_at for article in articles).replace(microsecond=0)
    text = write(source, articles, base_url, changed_at)
    return Feed(text.encode(source.charset), f"{media_type}; charset={source.charset}", changed_at)


def article_url(base_url: str, article: Article) -> str:
    """Return the address of an article's page."""
    return f"{home_url(base_url, article.source_id)}{article.slug}"


def article_html(article: Article) -> str:
    """Return an article's text as HTML."""
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)


def _rss(source: Source, articles: Sequence[Article], base_url: str, changed_at: datetime) -> str:
    items = "\n".join(_rss_item(article, base_url) for article in articles)
    own = feed_url(base_url, source.id)
    return (
        f'<?xml version="1.0" encoding="{source.charset}"?>\n'
        f'<rss version="2.0" {_NAMESPACES} xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{escape(source.name)}</title>\n<link>{home_url(base_url, source.id)}</link>\n"
        f"<description>{escape(source.name)}: sample data</description>\n<language>{source.language}</language>\n"
        f'<atom:link href={quoteattr(own)} rel="self" type="application/rss+xml"/>\n'
        f"<lastBuildDate>{format_datetime(changed_at)}</lastBuildDate>\n{items}\n</channel>\n</rss>\n"
    )


def _rss_item(article: Article, base_url: str) -> str:
    categories = "".join(f"<category>{escape(label)}</category>" for label in article.categories)
    return (
        f"<item>\n<title>{escape(article.title)}</title>\n<link>{article_url(base_url, article)}</link>\n"
        f'<guid isPermaLink="false">{article.guid}</guid>\n'
        f"<pubDate>{format_datetime(article.published_at)}</pubDate>\n"
        f"<dc:creator>{escape(article.author)}</dc:creator>\n{categories}\n"
        f"<description>{escape(article.summary)}</description>\n"
        f"<content:encoded><![CDATA[{article_html(article)}]]></content:encoded>\n</item>"
    )


def _rdf(source: Source, articles: Sequence[Article], base_url: str, changed_at: datetime) -> str:
    places = "\n".join(f"<rdf:li rdf:resource={quoteattr(article.guid)}/>" for article in articles)
    items = "\n".join(_rdf_item(article, base_url) for article in articles)
    return (
        f'<?xml version="1.0" encoding="{source.charset}"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f"{_NAMESPACES}>\n<channel rdf:about={quoteattr(feed_url(base_url, source.id))}>\n"
        f"<title>{escape(source.name)}</title>\n<link>{home_url(base_url, source.id)}</link>\n"
        f"<description>{escape(source.name)}: sample data</description>\n"
        f"<dc:language>{source.language}</dc:language>\n<dc:date>{_iso(changed_at)}</dc:date>\n"
        f"<items><rdf:Seq>\n{places}\n</rdf:Seq></items>\n</channel>\n{items}\n</rdf:RDF>\n"
    )


def _rdf_item(article: Article, base_url: str) -> str:
    subjects = "".join(f"<dc:subject>{escape(label)}</dc:subject>" for label in article.categories)
    return (
        f"<item rdf:about={quoteattr(article.guid)}>\n<title>{escape(article.title)}</title>\n"
        f"<link>{article_url(base_url, article)}</link>\n<dc:date>{_iso(article.published_at)}</dc:date>\n"
        f"<dc:creator>{escape(article.author)}</dc:creator>\n{subjects}\n"
        f"<description>{escape(article.summary)}</description>\n"
        f"<content:encoded><![CDATA[{article_html(article)}]]></content:encoded>\n</item>"
    )


def _atom(source: Source, articles: Sequence[Article], base_url: str, changed_at: datetime) -> str:
    entries = "\n".join(_atom_entry(article, base_url) for article in articles)
    return (
        f'<?xml version="1.0" encoding="{source.charset}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{source.language}">\n'
        f"<id>tag:{source.id}.example,2026:feed</id>\n<title>{escape(source.name)}</title>\n"
        f"<subtitle>sample data</subtitle>\n<updated>{_iso(changed_at)}</updated>\n"
        f'<link rel="self" type="application/atom+xml" href={quoteattr(feed_url(base_url, source.id))}/>\n'
        f'<link rel="alternate" type="text/html" href={quoteattr(home_url(base_url, source.id))}/>\n'
        f"{entries}\n</feed>\n"
    )


def _atom_entry(article: Article, base_url: str) -> str:
    categories = "".join(f"<category term={quoteattr(label)}/>" for label in article.categories)
    return (
        f'<entry>\n<id>{article.guid}</id>\n<title type="text">{escape(article.title)}</title>\n'
        f'<link rel="alternate" type="text/html" href={quoteattr(article_url(base_url, article))}/>\n'
        f"<published>{_iso(article.published_at)}</published>\n<updated>{_iso(article.updated_at)}</updated>\n"
        f"<author><name>{escape(article.author)}</name></author>\n{categories}\n"
        f'<summary type="text">{escape(article.summary)}</summary>\n'
        f'<content type="html">{escape(article_html(article))}</content>\n</entry>'
    )


def _json(source: Source, articles: Sequence[Article], base_url: str, _changed_at: datetime) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": source.name,
        "description": "sample data",
        "home_page_url": home_url(base_url, source.id),
        "feed_url": feed_url(base_url, source.id),
        "language": source.language,
        "items": [
            {
                "id": article.guid,
                "url": article_url(base_url, article),
                "title": article.title,
                "summary": article.summary,
                "content_html": article_html(article),
                "date_published": _iso(article.published_at),
                "date_modified": _iso(article.updated_at),
                "authors": [{"name": article.author}],
                "tags": list(article.categories),
            }
            for article in articles
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_Writer = Callable[[Source, Sequence[Article], str, datetime], str]
_FORMATS: dict[str, tuple[_Writer, str]] = {
    "rss": (_rss, "application/rss+xml"),
    "atom": (_atom, "application/atom+xml"),
    "rdf": (_rdf, "application/rdf+xml"),
    "json": (_json, "application/feed+json"),
}
