"""Bot walls: pages that a guard in front of a site gives to programs in the place of what was asked for.

They are named and left alone, for hours; we neither solve them nor dress up as a browser, and never index one.
The signs are those that other readers met (miniflux isCloudflareChallenge, FreshRSS#6533 DataDome, frankfurter#576
"Request Rejected") and the vendors' own documents. A sign in a header counts only where the status says that
something is wrong: Cloudflare, DDoS-Guard and Qrator stand before many sites that let us read them.
"""

import re
from collections.abc import Mapping, Sequence

LOOK_BYTES = 16 * 1024
"""How much of a page is looked at; walls say what they are at the top."""

LONGEST_WALL_BYTES = 64 * 1024
"""A longer page with status 200 that mentions a guard is the site's own: Imperva's script, a SmartCaptcha before the comments
and the like stand in every page of the sites that use them."""

MAY_BE_WALLS = frozenset({202, 400, 401, 403, 405, 406, 429, 503})
"""Statuses, beside 200, under which walls are seen."""

_TITLES = re.compile(
    rb"<title[^>]{0,200}>\s*(?:just a moment|attention required!|ddos-guard|request rejected|access denied"
    rb"|checking your browser|one moment, please|bot verification|human verification|security check"
    rb"|sucuri website firewall - access denied|pardon our interruption|verifying you are human"
    rb"|\xd0\x9f\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0 \xd0\xb1\xd1\x80\xd0\xb0\xd1\x83\xd0\xb7\xd0\xb5\xd1\x80\xd0\xb0"
    rb"|\xd0\x92\xd1\x8b \xd0\xbd\xd0\xb5 \xd1\x80\xd0\xbe\xd0\xb1\xd0\xbe\xd1\x82\??)[\s.!\xe2\x80\xa6]*(?:\|\s*cloudflare)?\s*</title>",
    re.IGNORECASE,
)
"""Whole titles, since an article may begin with the same words. The Cyrillic ones, in UTF-8, are "Проверка браузера" and
"Вы не робот"."""

_BODIES = (
    (b"/__qrator/", "Qrator"),
    (b"geo.captcha-delivery.com", "DataDome"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"/_sec/cp_challenge/", "Akamai"),
    (b"/.well-known/ddos-guard/", "DDoS-Guard"),
    (b"window._cf_chl_opt", "Cloudflare"),
    (b"smartcaptcha.yandexcloud.net", "Yandex SmartCaptcha"),
    (b"AwsWafIntegration", "AWS WAF"),
    (b"The requested URL was rejected. Please consult with your administrator", "F5"),
)
_WALL_WORDS = (b"request rejected", b"access denied", b"forbidden by administrative rules")
_MARKUP = re.compile(
    rb"\A(?:\xef\xbb\xbf|\s|<!--.{0,2000}?-->)*<(?:!doctype\s+html|html|head|body|script|title)",
    re.IGNORECASE | re.DOTALL,
)


def wall_of(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Return whose wall an answer is, None where it is none that we know.

    Args:
        status: HTTP status.
        headers: by lower-case name.
        body: decompressed; of one that came with an error its beginning.
    """
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "Cloudflare"
    if headers.get("x-amzn-waf-action", "").lower() in {"challenge", "captcha"}:
        return "AWS WAF"
    if status in MAY_BE_WALLS and status != 429:
        by_header = _by_header(headers)
        if by_header is not None:
            return by_header
    is_short = status != 200 or len(body) <= LONGEST_WALL_BYTES
    return _by_body(body[:LOOK_BYTES], _BODIES if is_short else ())


def _by_header(headers: Mapping[str, str]) -> str | None:
    server = headers.get("server", "").lower()
    if "ddos-guard" in server:
        return "DDoS-Guard"
    if "qrator" in server:
        return "Qrator"
    if "x-datadome" in headers or "x-dd-b" in headers:
        return "DataDome"
    return "Variti" if "variti" in server else None


def _by_body(beginning: bytes, signs: Sequence[tuple[bytes, str]]) -> str | None:
    if len(beginning) < 200 and beginning.strip().lower().startswith(_WALL_WORDS):
        return "a firewall"
    if not _MARKUP.match(beginning):
        return None
    for sign, vendor in signs:
        if sign in beginning:
            return vendor
    return "a page that checks for people" if _TITLES.search(beginning) else None
