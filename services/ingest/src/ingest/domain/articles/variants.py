"""What tells articles apart in an address, and what is only another dress of the same page.

Only for identity: the address that readers get is the canonical one, as the publisher gave it.
"""

import re

_HOST = re.compile(r"^(?:(?:www\d?|m|mobi|mobile|amp)\.)+(?=[^.:]+\.[^.:])")
_AMP_PATH = re.compile(r"(?:/amp|\.amp)(?=(?:\.html?)?/*\Z)", re.IGNORECASE)
_AMP_FIRST = re.compile(r"\A/amp(?=/.)", re.IGNORECASE)
_AMP_PAIR = re.compile(
    r"(?:_?amp(?:=(?:1|true|yes|amp)?)?|(?:output|outputtype|mode|view)=amp)\Z", re.IGNORECASE
)
_DEFAULT_DOCUMENT = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)\Z", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")


def page_address(canonical: str) -> str:
    """Return what of a canonical address tells articles apart.

    Neither the scheme, `www.`, a host for phones, an AMP form, a default document (`/index.html`), doubled or last
    slashes nor the order of parameters does.
    """
    rest = canonical.partition("://")[2] or canonical
    rest, hash_sign, fragment = rest.partition("#")
    address, _, query = rest.partition("?")
    host, _, path = address.partition("/")
    path = _AMP_FIRST.sub("", _SLASHES.sub("/", f"/{path}"))
    path = _DEFAULT_DOCUMENT.sub("/", _AMP_PATH.sub("", path))
    pairs = sorted((one for one in query.split("&") if one and not _AMP_PAIR.match(one)), key=_name)
    asked = f"?{'&'.join(pairs)}" if pairs else ""
    return f"{_HOST.sub('', host)}{path.rstrip('/')}{asked}{hash_sign}{fragment}"


def _name(pair: str) -> str:
    """Parameters of one name keep their order: it may mean something."""
    return pair.partition("=")[0]
