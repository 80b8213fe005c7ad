"""Canonical addresses, publishers' domains, article ids."""

import base64
import hashlib
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from ingest.domain.articles.tracking import is_tracking

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_KEPT = "!$&'()*+,;=:@/?%"
_SECOND_LEVEL = frozenset({"com", "co", "org", "net", "gov", "gob", "edu", "ac", "mil", "info", "or", "in"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARS = 2000


def canonical_url(url: str, base: str | None = None) -> str | None:
    """Return an address in the one form we keep: absolute, no tracking parameters, no session, escapes normalised.

    Of fragments only those stay that name a page (`#!/news/1`, `#/news/1`): they are all that tells the articles of a site
    apart that is one script.

    Returns:
        None for what is no http or https address.
    """
    written = url.strip()
    if written[:4].lower() == "www.":  # no publisher has a folder of that name, and many forget the scheme
        written = f"//{written}"
    try:
        parts = urlsplit(urljoin(base or "", written))
        scheme, host, port = parts.scheme.lower(), _host(parts.hostname), parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or host is None:
        return None
    netloc = host if port in {None, _DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    path = _remove_dots(_normalise_escapes(_SESSION.sub("", parts.path))) or "/"
    fragment = _normalise_escapes(parts.fragment) if parts.fragment.startswith(("!", "/")) else ""
    canonical = urlunsplit((scheme, netloc, path, _query(parts.query), fragment))
    return canonical if len(canonical) <= MAX_URL_CHARS else None


def _host(hostname: str | None) -> str | None:
    host = (hostname or "").rstrip(".").lower()
    if ":" in host:
        return f"[{host}]"
    try:
        ascii_host = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        return None
    return ascii_host if re.fullmatch(r"[a-z0-9_.-]+", ascii_host) else None


def _normalise_escapes(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return quote(_ESCAPE.sub(one, text), safe=_KEPT)


def _remove_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        elif segment not in {".", ".."}:
            kept.append(segment)
    if segments[-1] in {".", ".."} and kept[-1:] != [""]:
        kept.append("")
    joined = "/".join(kept)
    return joined if joined.startswith("/") else f"/{joined}"


def _query(query: str) -> str:
    pairs = _normalise_escapes(query).split("&")
    return "&".join(pair for pair in pairs if pair and not is_tracking(pair))


def identity_url(canonical: str) -> str:
    """Return what of a canonical address tells feeds apart: neither scheme, `www.` nor a last slash does.

    Articles' pages have more forms: `variants.page_address`.
    """
    rest = canonical.split("://", 1)[-1].removeprefix("www.")
    return rest.rstrip("/")


def registrable_host(url: str) -> str:
    """Return the publisher's domain: the last two labels of the host, three below `com.kz`, `co.uk` and their like."""
    host = urlsplit(url).hostname or ""
    labels = host.rstrip(".").split(".")
    if len(labels) <= 2 or ":" in host or labels[-1].isdigit():
        return host
    below_second_level = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if below_second_level else -2 :])


def article_id(outlet: str, key: str) -> str:
    """Return an article's id: 26 letters and digits, the same for the same outlet and identity key for ever."""
    digest = hashlib.sha256(f"{outlet}\n{key}".encode("utf-8", "replace")).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:26]
