"""The index made of a dictionary keeps to the same suite as the real ones, so tests may stand on it."""

import pytest

from tests.suites.answer_index_suite import AnswerIndexSuite
from tests.suites.article_index_suite import ArticleIndexSuite
from tests.suites.memory_articles import MemoryArticles
from tests.suites.story_index_suite import StoryIndexSuite


class TestMemoryArticles(ArticleIndexSuite, AnswerIndexSuite, StoryIndexSuite):
    @pytest.fixture
    def index(self) -> MemoryArticles:
        return MemoryArticles()
