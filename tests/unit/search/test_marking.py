"""What is marked in a list of results, and which words of the text are shown."""

from search.domain.article import Article
from search.domain.marking import marked
from shared.query import Highlighter, read_query
from tests.suites.article_builders import a_source, an_article

LONG = " ".join(f"w{number}" for number in range(600))


def shown(article: Article, q: str, words: int = 500) -> tuple[str, list[str], list[str]]:
    """Return the excerpt, and what is marked in the title and in it, as it is written there."""
    found = marked(Highlighter(read_query(q)), article.listed(), words)
    return (
        found.excerpt.text,
        [article.title[start:end] for start, end in found.title_spans],
        [found.excerpt.text[start:end] for start, end in found.excerpt_spans],
    )


def test_words_are_marked_as_they_are_written() -> None:
    article = an_article(title="Ёлка в Бишкеке", text="Дети у ёлки;  ёлка горит.")
    assert shown(article, "елка") == ("Дети у ёлки; ёлка горит.", ["Ёлка"], ["ёлки", "ёлка"])


def test_phrases_and_prefixes_are_marked_and_what_is_excluded_is_not() -> None:
    article = an_article(title="Rail", text="The old bazaar of Osh, old and bazaar-like.")
    assert shown(article, '"old bazaar" -rail') == (article.text, [], ["old bazaar"])
    assert shown(article, "baz*")[2] == ["bazaar", "bazaar"]


def test_a_word_asked_of_the_title_marks_nothing_in_the_text() -> None:
    article = an_article(title="Rail", text="A rail.")
    assert shown(article, "title:rail") == ("A rail.", ["Rail"], [])


def test_an_excerpt_without_the_word_is_taken_around_it_where_the_first_500_words_have_it() -> None:
    """Whoever looks for a word wants to see where it stands."""
    article = an_article(text=LONG)
    assert shown(article, "w40", 8) == ("...w38 w39 w40 w41 w42 w43 w44 w45...", [], ["w40"])
    assert shown(article, "w3", 8) == ("w0 w1 w2 w3 w4 w5 w6 w7...", [], ["w3"])
    assert shown(article, "w499", 4) == ("...w496 w497 w498 w499...", [], ["w499"])


def test_an_excerpt_begins_with_the_text_where_only_words_behind_the_500th_answer() -> None:
    """No more than the first 500 words may be shown of any text."""
    for late in ("w500", "w550"):
        assert shown(an_article(text=LONG), late, 3) == ("w0 w1 w2...", [], [])


def test_a_whole_text_is_not_cut_to_show_the_word() -> None:
    article = an_article(text="one two three")
    assert shown(article, "three", 3) == ("one two three", [], ["three"])
    assert shown(article, "three", 1) == ("...three", [], ["three"])


def test_of_a_source_that_lets_only_the_title_be_shown_nothing_else_is() -> None:
    article = an_article(title="Rail", text="A rail.", source=a_source(rights="title"))
    assert shown(article, "rail") == ("", ["Rail"], [])
