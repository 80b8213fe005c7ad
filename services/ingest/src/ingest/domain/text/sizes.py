"""Keeps an article small enough for one event: texts are cut by the bytes that they take as JSON."""

import json

import nh3

MAX_TEXT_BYTES = 240 * 1024
MAX_HTML_BYTES = 400 * 1024
MAX_SUMMARY_BYTES = 16 * 1024
"""Together with the short fields (below 64 KiB) these stay under the 768 KiB of an event."""


def json_bytes(text: str) -> int:
    """Return how many bytes a text takes inside a JSON document."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2


def cut_text(text: str, max_bytes: int) -> tuple[str, bool]:
    """Return the text cut at a space to at most `max_bytes` of JSON, and whether anything was cut."""
    if json_bytes(text) <= max_bytes:
        return text, False
    low, high = 0, min(len(text), max_bytes)
    while low < high:
        middle = (low + high + 1) // 2
        if json_bytes(text[:middle]) <= max_bytes:
            low = middle
        else:
            high = middle - 1
    head = text[:low]
    at = max(head.rfind(" "), head.rfind("\n"))
    return (head[:at] if at > low // 2 else head).rstrip(), True


def cut_html(clean_html: str, max_bytes: int) -> tuple[str, bool]:
    """Return sanitised HTML cut to at most `max_bytes` of JSON with its elements closed, and whether it was cut."""
    if json_bytes(clean_html) <= max_bytes:
        return clean_html, False
    room = max_bytes
    while room > 0:
        head, _ = cut_text(clean_html, room)
        whole = head[: head.rfind("<")] if head.rfind("<") > head.rfind(">") else head
        closed = nh3.clean(whole, tags=nh3.ALLOWED_TAGS, link_rel=None, attributes=_SANITISED_ATTRIBUTES)
        if json_bytes(closed) <= max_bytes:
            return closed, True
        room -= max(1024, json_bytes(closed) - max_bytes)
    return "", True


_SANITISED_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
