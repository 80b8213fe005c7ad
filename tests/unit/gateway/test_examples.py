"""The examples that OpenAPI shows are complete and fit the contracts."""

import json
from importlib.resources import files
from typing import Any

import pytest
from pydantic import BaseModel

from shared.contracts.http.articles import (
    ArticleWhole,
    FeedAnswer,
    PublicSearchAnswer,
    RelatedAnswer,
    RevisionsAnswer,
)
from shared.contracts.http.backfills import BackfillAnswer
from shared.contracts.http.problem import ProblemAnswer
from shared.contracts.http.rate_backfills import RateBackfillsAnswer
from shared.contracts.http.rate_history import ConversionAnswer, HistoryAnswer, PeriodsAnswer
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.contracts.http.source_admin import ImportAnswer, PreviewAnswer, SourceSettings
from shared.contracts.http.sources import SourcesAnswer
from shared.contracts.http.suggestions import SuggestAnswer
from shared.contracts.http.withdrawals import WithdrawalAnswer

FOLDER = files("shared.contracts.http").joinpath("examples")
MODELS: dict[str, type[BaseModel]] = {
    "feed": FeedAnswer,
    "search": PublicSearchAnswer,
    "article": ArticleWhole,
    "related": RelatedAnswer,
    "revisions": RevisionsAnswer,
    "suggest": SuggestAnswer,
    "rates": RatesAnswer,
    "rate": TickerEntry,
    "rate-cross": TickerEntry,
    "history": HistoryAnswer,
    "history-by-month": PeriodsAnswer,
    "conversion": ConversionAnswer,
    "rate-backfills": RateBackfillsAnswer,
    "sources": SourcesAnswer,
    "source": SourceSettings,
    "backfill": BackfillAnswer,
    "sources-import": ImportAnswer,
    "sources-preview": PreviewAnswer,
    "withdrawal": WithdrawalAnswer,
}
NAMES = sorted(path.name.removesuffix(".json") for path in FOLDER.iterdir() if path.name.endswith(".json"))


def read(name: str) -> Any:
    return json.loads(FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_exactly_what_its_contract_says(name: str) -> None:
    """Nothing is missing, nothing is more, and every value is written as the API writes it."""
    model = ProblemAnswer if name.startswith("problem-") else MODELS[name]
    example = read(name)
    assert json.loads(model.model_validate(example).model_dump_json(by_alias=True)) == example


def test_every_answer_has_its_example() -> None:
    assert set(MODELS) <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("problem-")])
def test_a_problem_s_example_is_named_as_its_type(name: str) -> None:
    assert read(name)["type"] == f"urn:silkwire:problem:{name.removeprefix('problem-')}"


def test_the_ticker_s_lines_are_made_of_their_parts() -> None:
    for entry in FeedAnswer.model_validate(read("feed")).ticker:
        assert entry.text == f"{entry.pair} = {entry.value} {entry.change_pct}%"
