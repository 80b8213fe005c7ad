"""What an event was once said to be, it stays: old readers and writers must get on with new ones."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import shared.contracts
from shared.contracts.articles import ArticleCollected
from shared.contracts.catalogue import CATALOGUE, ROWS, CatalogueRow
from silkwire import documents
from silkwire.evolution import breaks

FOLDER = Path(shared.contracts.__file__).parent
EXAMPLES = sorted((FOLDER / "examples").glob("*.json"))
FIRST: dict[str, Any] = json.loads((FOLDER / "schemas/first/article.collected.v1.json").read_text("utf-8"))

Change = Callable[[dict[str, Any]], Any]


def row_of(example: Path) -> CatalogueRow:
    return CATALOGUE[".".join(example.name.split(".")[:3])]


def changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(FIRST)
    change(schema)
    return schema


def fields(schema: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """Give the fields of the body, or of a part of it."""
    part = schema if name is None else schema["$defs"][name]
    properties: dict[str, Any] = part["properties"]
    return properties


ALLOWED: dict[str, Change] = {
    "nothing changes": lambda _schema: None,
    "an optional field is added": lambda schema: fields(schema).update(mood={"type": "string"}),
    "an optional field is added to a part": lambda schema: fields(schema, "SourceRef").update(
        mood={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    ),
    "a description is mended": lambda schema: fields(schema)["rev"].update(description="Mended."),
}

FORBIDDEN: dict[str, tuple[Change, str]] = {
    "a required field is removed": (
        lambda schema: (fields(schema).pop("url"), schema["required"].remove("url")),
        "url: was removed",
    ),
    "an optional field is removed": (lambda schema: fields(schema).pop("summary"), "summary: was removed"),
    "a field of a part is removed": (
        lambda schema: fields(schema, "SourceRef").pop("link"),
        "source.link: was removed",
    ),
    "a required field is added": (
        lambda schema: (fields(schema).update(mood={"type": "string"}), schema["required"].append("mood")),
        "mood: was added as a required field",
    ),
    "an optional field becomes required": (
        lambda schema: schema["required"].append("summary"),
        "summary: became required",
    ),
    "a required field becomes optional": (
        lambda schema: schema["required"].remove("title"),
        "title: became optional",
    ),
    "a field changes its type": (
        lambda schema: fields(schema)["rev"].update(type="string"),
        "rev: integer became string",
    ),
    "a field may now be null": (
        lambda schema: fields(schema).update(title={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "title: anyOf was added",
    ),
    "a bound is loosened": (lambda schema: fields(schema)["rev"].update(minimum=0), "rev: 1 became 0"),
    "a bound is taken away": (
        lambda schema: fields(schema)["rev"].pop("minimum"),
        "rev: minimum was removed",
    ),
    "a closed set grows": (
        lambda schema: fields(schema, "SourceRef")["rights"]["enum"].append("none"),
        "source.rights: ['title', 'excerpt', 'full'] became ['title', 'excerpt', 'full', 'none']",
    ),
    "a list's items change": (
        lambda schema: fields(schema)["authors"].update(items={"type": "integer"}),
        "authors: string became integer",
    ),
    "a default changes": (lambda schema: fields(schema)["text"].update(default="?"), "text:  became ?"),
}


@pytest.mark.parametrize("change", ALLOWED)
def test_what_old_readers_and_writers_can_bear_is_allowed(change: str) -> None:
    assert breaks(FIRST, changed(ALLOWED[change])) == []


@pytest.mark.parametrize("change", FORBIDDEN)
def test_anything_else_is_refused_by_field_and_reason(change: str) -> None:
    do, reason = FORBIDDEN[change]
    assert reason in breaks(FIRST, changed(do))


def test_the_events_as_they_are_break_no_promise() -> None:
    assert list(documents.broken_promises()) == []


def test_a_model_that_breaks_a_promise_fails_the_check_and_is_not_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(ArticleCollected):
        mood: str

    broken = CatalogueRow(Broken, "ingest", ())
    monkeypatch.setattr(documents, "ROWS", (broken,))
    for command in ("check", "write"):
        assert documents.main([command]) == 1
        said = capsys.readouterr().err
        assert "article.collected.v1 breaks" in said
        assert "mood: was added as a required field" in said
        assert "add a new major version of the event (...v2) beside the old one" in said
    assert "mood" not in (FOLDER / "schemas/article.collected.v1.json").read_text(encoding="utf-8")


def test_a_document_that_is_not_current_fails_the_check_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = documents.ROOT / "docs/asyncapi.json"
    monkeypatch.setattr(documents, "documents", lambda: iter([(path, "another text")]))
    assert documents.main(["check"]) == 1
    assert "not current: docs/asyncapi.json; run `make schemas`" in capsys.readouterr().err


def first_required(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Give the required fields of a schema, with those of the parts they hold."""
    if "$ref" in part:
        part = root["$defs"][part["$ref"].rsplit("/", maxsplit=1)[-1]]
    required = part.get("required", [])
    return {name: first_required(part["properties"][name], root) for name in required}


def shape(value: object) -> dict[str, Any]:
    return {name: shape(part) for name, part in value.items()} if isinstance(value, dict) else {}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_an_event_has_an_example_of_its_oldest_form_with_the_required_fields_alone(row: CatalogueRow) -> None:
    first = json.loads((FOLDER / f"schemas/first/{row.type}.json").read_text(encoding="utf-8"))
    minimal = json.loads((FOLDER / f"examples/{row.type}.minimal.json").read_text(encoding="utf-8"))
    assert shape(minimal) == first_required(first, first)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_form_ever_said_is_read_and_nothing_it_says_is_lost(example: Path) -> None:
    said = json.loads(example.read_text(encoding="utf-8"))
    read = json.loads(row_of(example).model.model_validate(said).model_dump_json())
    assert holds(read, said)


def holds(whole: object, part: object) -> bool:
    """Return whether `whole` says everything that `part` says."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and holds(whole[name], value) for name, value in part.items()
        )
    return whole == part


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_fields_of_a_newer_minor_version_are_ignored_wherever_they_stand(example: Path) -> None:
    said = json.loads(example.read_text(encoding="utf-8"))
    model = row_of(example).model
    newer = with_unknown_fields(said)
    assert newer != said
    assert model.model_validate_json(json.dumps(newer)) == model.model_validate_json(json.dumps(said))


def with_unknown_fields(value: Any) -> Any:
    if isinstance(value, dict):
        known = {name: with_unknown_fields(part) for name, part in value.items()}
        return {"aaa": None, **known, "zzz": {"deep": [1, {"er": "?"}]}}
    return [with_unknown_fields(part) for part in value] if isinstance(value, list) else value
