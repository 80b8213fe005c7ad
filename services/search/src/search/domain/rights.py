"""What may be shown of an article: each source says title, excerpt or full."""

from search.domain.article import Article
from search.domain.excerpt import MOST_WORDS, Excerpt, excerpt


def shown_excerpt(article: Article, words: int) -> Excerpt:
    """Return the excerpt that the article's source allows: none of the text where only the title may be shown."""
    allowed = 0 if article.source.rights == "title" else min(words, MOST_WORDS)
    return excerpt(article.body, allowed)


def may_show_whole(article: Article) -> bool:
    """Return whether the whole text may be shown."""
    return article.source.rights == "full"
