"""How the revisions of an article are remembered in MongoDB: the array `history` of its document."""

from collections.abc import Sequence
from typing import Any

from search.domain.revision import MOST_KEPT, Revision
from shared.mongo import Document


def pushed(history: Sequence[Revision]) -> dict[str, Any]:
    """Return what `$push` adds: revisions in any order, of which the newest are kept."""
    rows = [{"rev": one.rev, "at": one.at, "changed": list(one.changed)} for one in history]
    return {"$each": rows, "$sort": {"rev": 1}, "$slice": -MOST_KEPT}


def revisions_from(document: Document) -> list[Revision]:
    """Return the revisions that a document remembers, newest first, each once."""
    rows = {row["rev"]: row for row in document.get("history", [])}
    return [Revision(rev, rows[rev]["at"], tuple(rows[rev]["changed"])) for rev in sorted(rows, reverse=True)]
