"""How an article, or what is left of one, looks in MongoDB: collection `articles`, `_id` is the article's id.

* live: every field of the article, `state: "live"`, `terms` (what mongo_index searches: the filters' values, and where
  MongoDB answers for good the words too, `words` then names their version), `pending` (the outbox), `sketch` (what alike
  texts are found by), `story` (set afterwards by the one worker that groups articles, without touching rev); `history`
  (when each revision was seen and what it changed, never what was before).
* withdrawn: `state: "withdrawn"`, rev, reason, withdrawn_at, and the url if it was known; kept for ever, so that a late
  lower revision is refused.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from search.domain.article import Article, Change, Withdrawal, subject_of
from search.domain.near_duplicates import sketch_of
from shared.mongo import Document
from shared.query import Analysed, analyse, keys_of

ARTICLES = "articles"

LIVE = "live"
WITHDRAWN = "withdrawn"

WITHOUT_INTERNALS = {"terms": 0, "pending": 0, "html": 0, "sketch": 0, "history": 0, "words": 0}
"""Projection for reading articles in bulk."""

_LEFT_OUT = {"text": "", "html": "", "summary": ""}

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
    *("published_at", "published_certainty", "updated_at", "first_seen_at", "terms", "words", "history"),
    # Not `story`: whoever groups articles takes it away, once the others of the story know.
    "sketch",
)


def update_for(change: Change, *, words: str | None = None) -> Document:
    """Return the update that makes a document say the change, whatever it said before.

    Args:
        change: what an article has become.
        words: version of the analysis by which its words are to be searched in MongoDB; None to leave them out.
    """
    if isinstance(change, Withdrawal):
        kept = {"rev": change.rev, "reason": change.reason, "withdrawn_at": change.withdrawn_at}
        return {"$set": {"state": WITHDRAWN, **kept}, "$unset": dict.fromkeys(_ERASED, "")}
    fields = _article.dump_python(change)
    del fields["id"], fields["story"]
    fields["authors"], fields["topics"] = list(change.authors), list(change.topics)
    sketch = sketch_of(change.title, change.body)
    return {
        "$set": {
            "state": LIVE,
            **fields,
            "words": words,
            "terms": terms_of(change, words=words is not None),
            "sketch": sketch and sketch.packed(),
        },
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
        return _article.validate_python({"id": document["_id"], **_LEFT_OUT, **document})
    except ValidationError as error:
        raise UnreadableDocumentError(str(document["_id"])) from error


def terms_of(article: Article, *, words: bool) -> list[str]:
    """Return what an article can be found by, as strings of one index: filters, and if wanted `w:` word, `f:` form.

    A form is kept as it is written (see shared.query.Word), so that it also tells which words are spelled alike.
    """
    subject = subject_of(article)
    terms = {filter_term(name, key) for name, keys in keys_of(subject).items() for key in keys}
    return sorted(terms | _word_terms(analyse(subject)) if words else terms)


def _word_terms(analysed: Analysed) -> set[str]:
    terms = {word_term(term) for term in analysed.words}
    terms |= {word_term(term, in_title=True) for term in analysed.title_words}
    terms |= {form_term(form) for form in (*analysed.title.written, *analysed.text.written)}
    return terms | {form_term(form, in_title=True) for form in analysed.title.written}


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
