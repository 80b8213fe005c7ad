"""What a query's words mark in what is shown of an article, and which words of its text are shown so that they can."""

from dataclasses import dataclass

from search.domain.article import Article
from search.domain.excerpt import Excerpt, excerpt_at
from search.domain.rights import shown_excerpt, shown_words
from shared.query import Highlighter

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """An excerpt, and where the query's words stand in the title and in it: offsets in characters."""

    excerpt: Excerpt
    title_spans: Spans
    excerpt_spans: Spans


def marked(highlighter: Highlighter, article: Article, words: int) -> Marked:
    """Return an article's excerpt with the places to mark.

    It is the text's first words, unless none of them is one that was asked for but a later one of the first 500 is:
    then it is taken around that one, so that a reader sees why the article was found.

    Args:
        highlighter: of the query.
        article: as listed.
        words: longest excerpt, in words.
    """
    title = highlighter.spans(article.title, article.language, title=True)
    plain = shown_excerpt(article, words)
    spans = highlighter.spans(plain.text, article.language)
    if not spans and plain.truncated and (allowed := shown_words(article, words)):
        places = highlighter.spans(article.body, article.language)
        around = excerpt_at(article.body, allowed, places[0][0]) if places else plain
        if found := highlighter.spans(around.text, article.language):
            plain, spans = around, found
    return Marked(plain, tuple(title), tuple(spans))
