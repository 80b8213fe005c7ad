"""Changes as both tiers of a view have them: analysed once, for the row in memory and for the document of Tantivy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.adapters.memtable import Row
from search.adapters.tantivy_schema import fields_with, story_number
from search.domain.article import Article, Change, subject_of
from shared.query import Streams, analysed, parts_of


@dataclass(frozen=True, slots=True)
class Made:
    """Changes made ready.

    Attributes:
        rows: article id -> its row, None for an article that is gone.
        fields: article id -> the fields of its document, for those that are there.
    """

    rows: Mapping[str, Row | None]
    fields: Mapping[str, dict[str, object]]

    @property
    def revisions(self) -> dict[str, int | None]:
        """Article id -> its revision, None for an article that is gone."""
        return {one: None if row is None else row.article.rev for one, row in self.rows.items()}


def made_ready(changes: Sequence[Change], gone: Sequence[str]) -> Made:
    """Make changes ready; of several of one article the last counts."""
    rows, fields = dict[str, Row | None](dict.fromkeys(gone)), dict[str, dict[str, object]]()
    for change in {change.id: change for change in changes}.values():
        rows[change.id] = None
        if isinstance(change, Article):
            rows[change.id], fields[change.id] = _made_of(change)
    return Made(rows, fields)


def _made_of(article: Article) -> tuple[Row, dict[str, object]]:
    listed, subject = article.listed(), subject_of(article)
    title, text = parts_of(subject)
    story = None if article.story is None else story_number(article.story)
    fields = fields_with(listed, subject, Streams.of(title), Streams.of(text))
    return Row(listed, analysed(subject, title, text), story), fields
