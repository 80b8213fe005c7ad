"""157 real article pages, and the text that another library's authors approved for 145 of them (newspaper3k).

Some of those texts are a caption or a menu, some are empty: no extractor reaches 1.0 here, and none should. `pytest -s`
prints the table.
"""

import re
import statistics
from collections import Counter
from pathlib import Path

import pytest

from ingest.adapters.trafilatura_page import extract_page
from ingest.domain.articles.pages import with_page
from ingest.domain.text.page import Extracted
from tests.suites.ingest_stores import candidate

_PAGES = {
    "japanese2": "japanese_article2",
    **{name: f"{name}_article" for name in ("arabic", "chinese", "cnn", "japanese", "spanish", "thai")},
}
"""Texts whose page has another name; some texts have no page at all."""

_WORD = re.compile(r"\w+")


def text_of(page: Path) -> str | None:
    """Return the text that an article would have whose feed has none."""
    found = extract_page(page.read_bytes(), "text/html", "https://a.kg/news/1")
    if not isinstance(found, Extracted):
        return None
    whole = with_page(candidate(text="", html="", summary=""), found, "https://a.kg/news/1")
    return whole.text if whole is not None else None


def token_f1(found: str, expected: str) -> float:
    """Return the harmonic mean of precision and recall of words, each counted as often as it stands there."""
    ours, theirs = (Counter(_WORD.findall(text.lower())) for text in (found, expected))
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0


@pytest.fixture(scope="module")
def folder(conformance_data: Path) -> Path:
    return conformance_data / "articles" / "newspaper3k" / "tests" / "data"


@pytest.fixture(scope="module")
def texts(folder: Path) -> dict[str, str | None]:
    return {page.stem: text_of(page) for page in sorted((folder / "html").glob("*.html"))}


def test_nearly_every_page_gives_a_text(texts: dict[str, str | None]) -> None:
    """Four of them are redirects or front pages and have none to give."""
    missing = sorted(name for name, text in texts.items() if not text)
    print(f"text found in {len(texts) - len(missing)} of {len(texts)}; none in {', '.join(missing)}")
    assert len(texts) == 157
    assert len(texts) - len(missing) >= 150


def test_the_text_is_the_one_that_people_approved(folder: Path, texts: dict[str, str | None]) -> None:
    expected = {path.stem: path.read_text("utf-8") for path in sorted((folder / "text").glob("*.txt"))}
    pairs = {_PAGES.get(name, name): text for name, text in expected.items() if text.strip()}
    judged = [token_f1(texts[name] or "", text) for name, text in pairs.items() if name in texts]
    mean, median = statistics.mean(judged), statistics.median(judged)
    print(f"{len(judged)} pages with a text beside them: token F1 mean {mean:.3f}, median {median:.3f}")
    assert mean >= 0.79
    assert median >= 0.97
