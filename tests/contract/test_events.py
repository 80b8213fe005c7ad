"""The event contracts as committed: schemas, examples and the models must agree, or readers break."""

import json
from pathlib import Path

import jsonschema
import pytest

import shared.contracts
from shared.contracts.catalogue import CATALOGUE, QUEUES, ROWS, CatalogueRow

FOLDER = Path(shared.contracts.__file__).parent
EXAMPLES = sorted((FOLDER / "examples").glob("*.json"))


def row_of(example: Path) -> CatalogueRow:
    return CATALOGUE[".".join(example.name.split(".")[:3])]


def test_every_event_has_an_example_and_every_example_an_event() -> None:
    assert {row_of(example).type for example in EXAMPLES} == set(CATALOGUE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_keeps_to_its_committed_schema(example: Path) -> None:
    schema = json.loads((FOLDER / "schemas" / f"{row_of(example).type}.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(example.read_text(encoding="utf-8")), schema)


@pytest.mark.parametrize(
    "example",
    [example for example in EXAMPLES if not example.stem.endswith(".minimal")],
    ids=lambda path: path.stem,
)
def test_an_example_read_and_written_again_is_the_same(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    model = row_of(example).model.model_validate_json(text)
    assert json.loads(model.model_dump_json()) == json.loads(text)


def test_types_are_past_tense_and_versioned_on_the_wire() -> None:
    for row in ROWS:
        subject, verb, version = row.type.split(".")
        assert subject
        assert verb.endswith(("ed", "n", "e"))
        assert version == "v1"


def test_a_queue_is_bound_to_exactly_the_types_that_name_it() -> None:
    for queue, types in QUEUES.items():
        assert set(types) == {row.type for row in ROWS if queue in row.queues}
