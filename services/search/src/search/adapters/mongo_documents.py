"""How an article, or what is left of one, looks in MongoDB: collection `articles`, `_id` is the article's id.

* live: every field of the article, `state: "live"`, `terms` (what mongo_index searches), `pending` (the outbox).
* withdrawn: `state: "withdrawn"`, rev, reason, withdrawn_at, and the url if it was known; kept for ever, so that a late
  lower revision is refused.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from search.domain.article import Article, Change, Withdrawal, subject_of
from shared.mongo import Document
from shared.query import Analysed, analyse

ARTICLES = "articles"

LIVE = "live"
WITHDRAWN = "withdrawn"

WITHOUT_INTERNALS = {"terms": 0, "pending": 0, "html": 0}
"""Projection for reading articles in bulk."""

_article: TypeAdapter[Article] = TypeAdapter(Article)
_withdrawal: TypeAdapter[Withdrawal] = TypeAdapter(Withdrawal)

_ERASED = (
    *(
        "key",
        "source",
        "outlet",
        "title",
        "text",
        "html",
        "summary",
        "authors",
        "language",
        "topics",
        "image",
    ),
    *("published_at", "published_certainty", "updated_at", "first_seen_at", "terms"),
)


def update_for(change: Change) -> Document:
    """Return the update that makes a document say the change, whatever it said before."""
    if isinstance(change, Withdrawal):
        kept = {"rev": change.rev, "reason": change.reason, "withdrawn_at": change.withdrawn_at}
        return {"$set": {"state": WITHDRAWN, **kept}, "$unset": dict.fromkeys(_ERASED, "")}
    fields = _article.dump_python(change)
    del fields["id"]
    fields["authors"], fields["topics"] = list(change.authors), list(change.topics)
    terms = sorted(terms_of(analyse(subject_of(change))))
    return {
        "$set": {"state": LIVE, **fields, "terms": terms},
        "$unset": {"reason": "", "withdrawn_at": ""},
    }


class UnreadableDocumentError(Exception):
    """A document does not say what an article or a withdrawal must: another version of this service wrote it."""


def change_from(document: Document) -> Change:
    """Return what a document says; fields left out by a projection are empty.

    Raises:
        UnreadableDocumentError: it is neither an article nor a withdrawal.
    """
    try:
        if document.get("state") == WITHDRAWN:
            return _withdrawal.validate_python({"id": document["_id"], **document})
        return _article.validate_python({"id": document["_id"], "html": "", **document})
    except ValidationError as error:
        raise UnreadableDocumentError(str(document["_id"])) from error


def terms_of(analysed: Analysed) -> set[str]:
    """Return everything an article can be found by, as strings of one index: `w:` word, `f:` form, filters.

    A form is kept as it is written (see shared.query.Word), so that it also tells which words are spelled alike.
    """
    terms = {word_term(term) for term in analysed.words}
    terms |= {word_term(term, in_title=True) for term in analysed.title_words}
    terms |= {form_term(form) for form in (*analysed.title.written, *analysed.text.written)}
    terms |= {form_term(form, in_title=True) for form in analysed.title.written}
    terms |= {filter_term(name, key) for name, keys in analysed.keys.items() for key in keys}
    return terms


def word_term(term: str, *, in_title: bool = False) -> str:
    """Return how a term (a stem, or a word not stemmed) or a key is kept."""
    return f"{'tw' if in_title else 'w'}:{term}"


def form_term(form: str, *, in_title: bool = False) -> str:
    """Return how a word is kept as it is written."""
    return f"{'tf' if in_title else 'f'}:{form}"


def filter_term(name: str, key: str) -> str:
    """Return how a filter's value is kept."""
    return f"{name}:{key}"


def all_of(conditions: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the condition that all conditions hold."""
    return {"$and": list(conditions)}
