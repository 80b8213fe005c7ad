"""Mends publishers' HTML: pictures that wait for a script get their address; counters, share buttons and calls to read on go.

`before_sanitising` works on HTML as it came and may be fooled by it, which costs a picture and never safety, since
everything is sanitised afterwards. `after_sanitising` relies on what the sanitiser writes: quoted attributes, closed
elements, no bare `<` in a text.
"""

import html
import re

_IMG = re.compile(r"<img\b[^<>]{0,4000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z][a-zA-Z-]{0,30})\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-orig-file",
    "data-full-url",
    "data-srcset",
    "srcset",
)
_KEPT = ("alt", "width", "height", "style")
_HIDDEN = re.compile(r"display\s*:\s*none|(?:width|height)\s*:\s*[01]px", re.IGNORECASE)

_ESCAPED_TAG = re.compile(r"&lt;(?:p|div|br|img|a|strong|span)(?:\s[^<>]{0,300}?|/|\s/)?&gt;", re.IGNORECASE)
"""A tag that was escaped once too often, as a reader would see it."""

_EMPTY_LINE = re.compile(r"\n\s*\n")

_COUNTERS = re.compile(
    r"//(?:[\w-]+\.)*(?:"
    r"mc\.yandex\.\w+/(?:watch|pixel)|counter\.[\w-]+\.\w+|counter\d*\.\w+|tns-counter\.ru|hotlog\.ru|openstat\.net"
    r"|liveinternet\.ru/(?:click|stat|images/counter)|top(?:-fwz1)?\.(?:mail|list)\.ru/(?:counter|jump)|top100\.rambler\.ru"
    r"|zero\.kz|net\.kg/(?:img|stat)|uz/plugins/top_rating|google-analytics\.com|googletagmanager\.com|doubleclick\.net"
    r"|(?:pixel|stats)\.(?:wp|wordpress)\.com|facebook\.com/tr\b|scorecardresearch\.com|quantserve\.com"
    r"|feedsportal\.com|(?:feeds|feedproxy)\.[\w.-]+/~(?:r|ff|a|f|at)/"
    r")",
    re.IGNORECASE,
)
_NO_PICTURE = re.compile(
    r"gravatar\.com/avatar|/emoji/|/smilies/|/(?:spacer|blank|pixel|transparent|1x1)\.(?:gif|png)|\.svg(?:\?|\Z)|\Adata:",
    re.IGNORECASE,
)
_CLEAN_IMG = re.compile(r"<img\b[^>]*>")
_SRC = re.compile(r'\ssrc="([^"]*)"')
_PIXEL = re.compile(r'\s(?:width|height)="[01](?:px)?"')
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_EMPTY_LINK = re.compile(r"<a\b[^>]*>\s*</a>")
_BUTTONS = re.compile(r"/~(?:ff|a|f|at)/", re.IGNORECASE)

_TAIL_CHARS = 2000
_MAX_CALLS = 30
"""Calls to read on that are cut off one after the other; bounded, since each costs time by the length of the whole text."""
_OPEN = r"(?:[\s(\[]|<(?:p|div|span|em|i|strong|b|small|br)\b[^>]*>){0,30}"
_CLOSED = r"(?:[\s.…:)\]»→]|</(?:p|div|span|em|i|strong|b|small|article|section)>|<br>)*\Z"
_INSIDE = r"(?:(?!</?(?:p|div)>).)"
"""The pieces share no character with what they stand beside, so that hostile texts cost no more than others."""

_POST_APPEARED = re.compile(
    rf"(?:\A|(?<=>)|(?<=\n)){_OPEN}(?:The post|Сообщение|Запись|Публикация|Статья)\s{_INSIDE}{{1,800}}?"
    r"(?:appeared first on|first appeared on|впервые появил(?:ась|ись|ось) на|появил(?:ась|ись|ось) сначала на)\s"
    rf"{_INSIDE}{{1,400}}?{_CLOSED}",
    re.DOTALL,
)
_MORE = (
    r"(?:Читать|Читайте|Узнать) (?:далее|дальше|полностью|больше|подробнее)|Подробнее|Далее|Полный текст"
    r"|Read (?:more|on|full (?:story|article)|the full (?:story|article))|Continue reading|Full story"
    r"|Толығырақ|Толық оқу|Толугураак|Кененирээк|Толугу менен окуу|Batafsil|Davomi(?:ni o[‘'ʻ]qish)?|Батафсил|Муфассал|Дидан"
)
_MORE_LINK = re.compile(
    rf"{_OPEN}<a\b[^>]*>\s*(?:<[a-z]+>\s*)*(?:{_MORE})\b[^<]{{0,20}}(?:(?!</a>).){{0,400}}</a>{_CLOSED}",
    re.IGNORECASE | re.DOTALL,
)
_MORE_BLOCK = re.compile(rf"(?:<(?:p|div)>|<br>)\s*[(\[]?(?:{_MORE})(?![^\W_]){_CLOSED}", re.IGNORECASE)


def as_meant(value: str) -> str:
    """Return what is called HTML and has no tags as it was meant: HTML that was escaped twice, or plain text with paragraphs."""
    if "<" in value:
        return value
    if _ESCAPED_TAG.search(value):
        return html.unescape(value)
    paragraphs = [one for one in _EMPTY_LINE.split(value.strip()) if one.strip()]
    return "".join(f"<p>{one}</p>" for one in paragraphs) if len(paragraphs) > 1 else value


def before_sanitising(source: str) -> str:
    """Return HTML whose pictures name their real address: `data-src` and its like, or the last one of a `srcset`."""
    return _IMG.sub(lambda found: _real_picture(found.group()), source)


def _real_picture(tag: str) -> str:
    found = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag)}
    if _HIDDEN.search(found.get("style", "")):
        return ""
    src = found.get("src", "")
    for name in _LAZY:
        if name == "srcset" and src and not src.startswith("data:"):
            break
        address = _last_of_set(found.get(name, "")) if name.endswith("srcset") else found.get(name, "")
        if re.match(r"(?:https?:)?/|[\w.-]+/", address):
            kept = "".join(f' {name}="{_quoted(found[name])}"' for name in _KEPT if name in found)
            return f'<img src="{_quoted(address)}"{kept}>'
    return tag


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;")


def _last_of_set(value: str) -> str:
    """Return the address of the last, as a rule the largest, picture of a srcset."""
    words = re.split(r",\s+", value.strip().rstrip(","))[-1].split()
    return words[0] if words else ""


def after_sanitising(clean_html: str) -> str:
    """Return sanitised HTML without counters, share buttons and calls to read on at its end."""
    without = _CLEAN_IMG.sub(
        lambda found: "" if _is_counter_tag(found.group()) else found.group(), clean_html
    )
    return _without_tail(_LINK.sub(_untracked, without)).strip()


def _is_counter_tag(tag: str) -> bool:
    src = _SRC.search(tag)
    return src is None or bool(_PIXEL.search(tag)) or is_counter(html.unescape(src[1]))


def _untracked(link: re.Match[str]) -> str:
    """Share buttons go with their text; a link that is counted on its way loses only its address."""
    if not is_counter(html.unescape(link[1])):
        return link.group()
    return "" if _BUTTONS.search(link[1]) else link[2]


def _without_tail(clean_html: str) -> str:
    """Links that hold nothing go before the first look and after each cut, which may empty one."""
    clean_html = _EMPTY_LINK.sub("", clean_html)
    for _ in range(_MAX_CALLS):
        shorter = _without_last_call(clean_html)
        if shorter is None:
            break
        clean_html = _EMPTY_LINK.sub("", shorter)
    return clean_html


def _without_last_call(clean_html: str) -> str | None:
    """Return what stands before a call to read on and what closes it; None where the text ends without such a call."""
    head, tail = clean_html[:-_TAIL_CHARS], clean_html[-_TAIL_CHARS:]
    for pattern in (_POST_APPEARED, _MORE_LINK, _MORE_BLOCK):
        found = pattern.search(tail)
        if found is not None and not _is_inside_a_tag(clean_html, len(head) + found.start()):
            return head + tail[: found.start()] + _closing(found.group())
    return None


def _is_inside_a_tag(clean_html: str, at: int) -> bool:
    """An attribute may hold the same words; cut there, it would stay open and swallow the page that shows the article."""
    return clean_html.rfind("<", 0, at) > clean_html.rfind(">", 0, at)


def _closing(cut: str) -> str:
    """Return the end tags of a piece that close what was opened before it."""
    open_inside: list[str] = []
    kept: list[str] = []
    for end, name in re.findall(r"<(/?)([a-z0-9]+)\b", cut):
        if name in {"br", "img", "hr"}:
            continue
        if not end:
            open_inside.append(name)
        elif open_inside and open_inside[-1] == name:
            open_inside.pop()
        else:
            kept.append(f"</{name}>")
    return "".join(kept)


def is_counter(address: str) -> bool:
    """Tell whether an address counts readers instead of showing them something."""
    return _COUNTERS.search(address) is not None


def is_picture(address: str) -> bool:
    """Tell whether an image's address may be an article's picture: no counter, smiley, portrait of a commenter or spacer."""
    return not is_counter(address) and _NO_PICTURE.search(address) is None
