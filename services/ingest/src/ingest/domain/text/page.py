"""What an extractor finds in the page of an article."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article as its page has it, not sanitised yet.

    Attributes:
        html: its text with simple markup.
        text: the same without, in one line.
        title: its headline.
        authors: names as printed, perhaps several in one.
        published_on: the day of publication, `YYYY-MM-DD`.
        image: address of its picture.
        language: as the page declares it.
    """

    html: str
    text: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_on: str | None = None
    image: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class NoText:
    """Why nothing was found in a page."""

    reason: str
