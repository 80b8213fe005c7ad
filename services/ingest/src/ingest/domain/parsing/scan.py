"""Linear looks at a document before any parser sees it: its comments, and where its entries begin."""

import re
from collections.abc import Iterator

_COMMENT_END = re.compile(r"--\s*>")
_MARK = re.compile(
    r"(?P<comment><!--)|(?P<cdata>(?-i:<!\[CDATA\[))|<(?P<end>/)?(?:[\w.\-]+:)?(?:item|entry)(?=[\s/>])",
    re.IGNORECASE,
)


def without_comments(text: str) -> str:
    """Return the document without its comments; one that is never closed takes the rest with it."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = _COMMENT_END.search(text, start + 4)
        if end is None:
            return "".join(kept)
        at = end.end()
    kept.append(text[at:])
    return "".join(kept)


def first_entries(text: str, most: int) -> tuple[str, int]:
    """Take the entries beyond the first `most` out of an XML document, so that no time goes into parsing them.

    What follows the last entry, as a rule the end tags, is kept, so that a well-formed document stays one.

    Returns:
        The document, and how many entries were taken out.
    """
    opened = 0
    cut_at = tail_at = len(text)
    for at, after, is_end in _entry_tags(text):
        if not is_end:
            opened += 1
            if opened == most + 1:
                cut_at = at
        if opened > most:
            tail_at = text.find(">", after) + 1 if is_end else len(text)
    if opened <= most:
        return text, 0
    return text[:cut_at] + (text[tail_at:] if tail_at else ""), opened - most


def _entry_tags(text: str) -> Iterator[tuple[int, int, bool]]:
    """Give start, end of the name and "is an end tag" of each entry's tags, but not of those that are only text."""
    at = 0
    ends = {"comment": _COMMENT_END, "cdata": re.compile(r"\]\]>")}
    while (mark := _MARK.search(text, at)) is not None:
        at = mark.end()
        kind = mark.lastgroup
        if kind not in {"comment", "cdata"}:
            yield mark.start(), at, kind == "end"
        elif kind in ends:
            end = ends[kind].search(text, at)
            if end is None:  # never closed: what follows may be read as tags, and is not searched again
                del ends[kind]
            else:
                at = end.end()
