"""Finds the article in a page with trafilatura, set to rather take too much than too little.

Measured on 157 pages (docs/feeds.md). Pure CPU work, some 15 ms a page, for a thread or a worker process; what it gives
is not sanitised.
"""

import logging

from trafilatura import bare_extraction
from trafilatura.htmlprocessing import build_html_output
from trafilatura.settings import Document

from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.text.page import Extracted, NoText

MAX_PAGE_CHARS = 2 * 1024 * 1024
"""Longest page that is looked at; what lies beyond is cut."""

# They tell of every page without an article as of an error; it is one of our outcomes.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def extract_page(body: bytes, content_type: str | None, url: str) -> Extracted | NoText:
    """Return the article in a page, or why there is none; raises nothing, whatever the page is.

    Args:
        body: decompressed bytes.
        content_type: the Content-Type header, asked for its charset only.
        url: the address that answered.
    """
    try:
        text = decode(body, content_type).text[:MAX_PAGE_CHARS]
        found = bare_extraction(
            text,
            url=url,
            favor_recall=True,
            include_comments=False,
            include_tables=True,
            include_formatting=True,
            include_links=True,
            output_format="html",
            with_metadata=True,
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except UnreadableFeedError as error:
        return NoText(str(error.reason))
    except Exception as error:  # noqa: BLE001  its parsers can trip over anything
        return NoText(f"cannot be read: {error!r}"[:200])
    if not isinstance(found, Document) or found.body is None:
        return NoText("no article found")
    article = " ".join(part.strip() for part in found.body.itertext() if part.strip())
    if not article:
        return NoText("no article found")
    return Extracted(
        html=build_html_output(found),
        text=article,
        title=found.title,
        authors=(found.author,) if found.author else (),
        published_on=found.date,
        image=found.image,
        language=found.language,
    )
