"""What may be shown of an article: each source says title, excerpt or full."""

from search.domain.article import Article
from search.domain.excerpt import MOST_WORDS, Excerpt, excerpt


def shown_words(article: Article, words: int) -> int:
    """Return how many words of the text may be shown in an excerpt: none where only the title may be."""
    return 0 if article.source.rights == "title" else min(words, MOST_WORDS)


def shown_excerpt(article: Article, words: int) -> Excerpt:
    """Return the excerpt that the article's source allows."""
    return excerpt(article.body, shown_words(article, words))


def may_show_whole(article: Article) -> bool:
    """Return whether the whole text may be shown."""
    return article.source.rights == "full"
