"""There is one way from ingest onto the web: every known hole in other readers was a second one (miniflux, RSSHub)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import ingest

ROOT = Path(ingest.__file__).parent
ALLOWED = {
    "adapters/httpx2_fetcher.py",
    "adapters/httpcore2_guard.py",
    "adapters/httpcore2_failures.py",
    "adapters/asyncio_network.py",
}
CLIENTS = {"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "requests", "niquests", "urllib3", "pycurl"}
OPENERS = {"urlopen", "urlretrieve", "fetch_url", "fetch_response", "open_connection", "create_connection"}
"""Calls that connect: of urllib.request, trafilatura, asyncio."""


def ways_out(path: Path) -> Iterator[str]:
    """Give what in a file could reach the network over HTTP."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] in CLIENTS)
            yield from (name.name for name in node.names if name.name in {"urllib.request", "http.client"})
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in CLIENTS or node.module in {"urllib.request", "http.client"}:
                yield node.module
            yield from (name.name for name in node.names if name.name in OPENERS)
        elif isinstance(node, ast.Attribute) and node.attr in OPENERS:
            yield node.attr


def test_nothing_in_ingest_reaches_the_web_but_the_fetcher() -> None:
    """Operators, whose machines a second, unguarded way would open to every feed."""
    found = {
        str(path.relative_to(ROOT)): sorted(ways)
        for path in sorted(ROOT.rglob("*.py"))
        if (ways := set(ways_out(path))) and str(path.relative_to(ROOT)) not in ALLOWED
    }
    assert found == {}


def test_the_fetcher_itself_would_be_seen() -> None:
    assert all(list(ways_out(ROOT / path)) for path in ALLOWED)
