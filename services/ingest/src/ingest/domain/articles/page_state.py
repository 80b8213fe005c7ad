"""What is remembered of an article's own page, so that it is asked for once and its text is kept."""

from dataclasses import dataclass, replace

MAX_TRIES = 3
"""How often a page is asked for in vain before the feed's text is all there is."""


@dataclass(frozen=True, slots=True)
class PageState:
    """What is remembered of an article's page.

    Attributes:
        feed: digest of what the feed said when the page was last asked for.
        tries: how often it was asked for in vain since.
        settled: True when nothing more is to be had from it.
        in_use: True when the article's text is the page's.
    """

    feed: str
    tries: int = 0
    settled: bool = False
    in_use: bool = False

    def failed(self, *, for_good: bool) -> "PageState":
        """Return the state after one more failure."""
        tries = self.tries + 1
        return replace(self, tries=tries, settled=for_good or tries >= MAX_TRIES)
