"""The sample newsroom: invented publishers and the four banks on one local server, for demo and tests.

The path of an article: material/ (hand-written) -> composer (sentences) -> edition (who writes what, when) -> room (what
is published) -> feeds (RSS 2.0, Atom, RSS 1.0, JSON Feed) -> app (HTTP with validators). banks/ goes its own way:
calendar (which session is known) -> tables (numbers) -> documents (each bank's format) -> api.
"""

from silkwire.newsroom.room import Newsroom
from silkwire.newsroom.server import serve_newsroom
from silkwire.newsroom.sources import opml

__all__ = ["Newsroom", "opml", "serve_newsroom"]
