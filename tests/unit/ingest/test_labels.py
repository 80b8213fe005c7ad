"""Authors and topics as readers see them."""

import pytest

from ingest.domain.articles.labels import author_names, topic_names


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["By Aida Asanova"], ("Aida Asanova",)),
        (["aida@a.kg (Aida Asanova)"], ("Aida Asanova",)),
        (["Aida Asanova <aida@a.kg>"], ("Aida Asanova",)),
        (["aida@a.kg"], ()),
        (["Автор: Аида Асанова", "аида асанова"], ("Аида Асанова",)),
        (["Aida Asanova, Bek Bekov"], ("Aida Asanova", "Bek Bekov")),
        (["Asanova, Aida"], ("Asanova, Aida",)),
        (["Aida Asanova; Bek"], ("Aida Asanova", "Bek")),
        (["admin", "Reuters"], ("Reuters",)),
        (["Byron Smith"], ("Byron Smith",)),
        (["M&amp;K <b>News</b>"], ("M&K News",)),
    ],
)
def test_an_author_is_a_name_and_no_address(raw: list[str], names: tuple[str, ...]) -> None:
    """An address is no name, and not ours to spread."""
    assert author_names(raw) == names


@pytest.mark.parametrize(
    ("raw", "topics"),
    [
        (["Politics, Economy", "politics "], ("Politics", "Economy")),
        (["Без рубрики", "Uncategorized", "Санатсыз"], ()),
        (["#Выборы", "Новости;Общество", "2026"], ("Выборы", "Новости", "Общество")),
        (["A  &amp;  B"], ("A & B",)),
    ],
)
def test_topics_are_told_once_and_without_fillers(raw: list[str], topics: tuple[str, ...]) -> None:
    assert topic_names(raw) == topics
