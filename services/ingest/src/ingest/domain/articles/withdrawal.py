"""What a withdrawal makes of an article: the next revision, of which nothing is left but what it is known by."""

from dataclasses import replace

from ingest.domain.articles.decide import StoredItem, WithdrawnBy


def withdrawal_of(stored: StoredItem, by: WithdrawnBy) -> StoredItem | None:
    """Return what is stored of an article once it is taken down; None where there is nothing to do.

    An owner may also take down what its publisher did, so that it never returns; a publisher adds nothing to what is
    already withdrawn.

    Args:
        stored: the article as it is.
        by: who takes it down.
    """
    if stored.withdrawn_by in {"owner", by}:
        return None
    return replace(stored, rev=stored.rev + 1, digests={}, withdrawn_by=by, looked_at=None)
