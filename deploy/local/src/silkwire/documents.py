"""Writes the documents that are made from the code, or checks that the committed ones are current.

`python -m silkwire.documents write|check`: event schemas, docs/events.md, docs/metrics.md, docs/openapi.json,
docs/asyncapi.json.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Metric

import gateway.app
import gateway.metrics
import ingest.metrics
import rates.metrics
import search.metrics
from shared.bus.metrics import BusMetrics
from shared.contracts.catalogue import ROWS, CatalogueRow
from shared.outbox import OutboxMetrics
from shared.telemetry.metrics import HealthMetrics, HttpMetrics
from silkwire import asyncapi, evolution

ROOT = Path(__file__).parents[4]
SCHEMAS = ROOT / "shared/src/shared/contracts/schemas"
FIRST_SCHEMAS = SCHEMAS / "first"
"""Each event's schema as it was first said. Written once; what it promises holds as long as its major version."""

EXAMPLES = ROOT / "shared/src/shared/contracts/examples"

_MADE = "<!-- Made by `make schemas` from the code; do not edit. -->"

_RULES = """\
CloudEvents 1.0 attributes in AMQP headers (`cloudEvents_*`), JSON body of at most 768 KiB, routing key = type.
Safe to receive twice and out of order: the highest `rev` (or `seq`) of a subject wins. Unknown fields are ignored;
an unknown major version goes to the dead letters on its first delivery."""

_OWNERS: tuple[tuple[str, Callable[[CollectorRegistry], object]], ...] = (
    ("Every service", HttpMetrics),
    ("Every service (health)", HealthMetrics),
    ("The bus (ingest, rates, search)", BusMetrics),
    ("The outbox (ingest, rates, search)", OutboxMetrics),
    ("ingest", ingest.metrics.Metrics),
    ("rates", rates.metrics.Metrics),
    ("search", search.metrics.Metrics),
    ("gateway", gateway.metrics.Metrics),
)


def schema_text(row: CatalogueRow) -> str:
    """Return an event's JSON Schema as committed."""
    schema = row.model.model_json_schema(mode="serialization")
    return (
        json.dumps({"$id": f"urn:silkwire:event:{row.type}", **schema}, ensure_ascii=False, indent=2) + "\n"
    )


def broken_promises() -> Iterator[str]:
    """Yield what the models break of what events were said to be: at first, and in the schema as committed."""
    for row in ROWS:
        new = json.loads(schema_text(row))
        for path in (FIRST_SCHEMAS / f"{row.type}.json", SCHEMAS / f"{row.type}.json"):
            if path.exists():
                for fault in evolution.breaks(json.loads(path.read_text(encoding="utf-8")), new):
                    yield f"{row.type} breaks {path.relative_to(ROOT)}: {fault}"


def events_page() -> str:
    """Return docs/events.md: every event with its producer, its readers, its fields and an example."""
    parts = [
        "# Events",
        _MADE,
        _RULES,
        "| type | said by | heard from | says |\n|---|---|---|---|\n"
        + "\n".join(
            f"| [`{row.type}`](#{row.type.replace('.', '')}) | {row.producer} "
            f"| {', '.join(f'`{queue}`' for queue in row.queues)} | {_summary(row)} |"
            for row in ROWS
        ),
    ]
    parts += [_event_section(row) for row in ROWS]
    return "\n\n".join(parts) + "\n"


def _summary(row: CatalogueRow) -> str:
    return (row.model.__doc__ or "").strip().splitlines()[0]


def _event_section(row: CatalogueRow) -> str:
    schema = row.model.model_json_schema(mode="serialization")
    rows = "\n".join(
        f"| `{name}` | {_type_words(field)} | {field.get('description', '')} |"
        for name, field in schema["properties"].items()
    )
    example = (EXAMPLES / f"{row.type}.json").read_text(encoding="utf-8").strip()
    return (
        f"## {row.type}\n\n{_summary(row)} Schema: "
        f"[`{row.type}.json`](../shared/src/shared/contracts/schemas/{row.type}.json).\n\n"
        f"| field | type | meaning |\n|---|---|---|\n{rows}\n\n```json\n{example}\n```"
    )


def _type_words(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type_words(choice) for choice in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", maxsplit=1)[-1]
    if field.get("type") == "array":
        return f"list of {_type_words(field['items'])}"
    return str(field.get("format") or field.get("type", "any"))


def metrics_page() -> str:
    """Return docs/metrics.md: every metric with its labels and what it tells."""
    parts = ["# Metrics", _MADE, "Served at `/metrics` on each service's operations port (API port + 100)."]
    for owner, make in _OWNERS:
        registry = CollectorRegistry()
        holder = make(registry)
        rows = "\n".join(_metric_row(metric, holder) for metric in registry.collect())
        parts.append(f"## {owner}\n\n| metric | type | labels | tells |\n|---|---|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


def _metric_row(metric: Metric, holder: object) -> str:
    labels: tuple[str, ...] = ()
    for value in vars(holder).values():
        if getattr(value, "_name", None) == metric.name:
            labels = value._labelnames  # noqa: SLF001  prometheus_client has no public way to ask for the labels
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"| `{name}` | {metric.type} | {shown} | {metric.documentation} |"


def documents() -> Iterator[tuple[Path, str]]:
    """Yield every generated document: where it stands and what it must say."""
    for row in ROWS:
        yield SCHEMAS / f"{row.type}.json", schema_text(row)
        first = FIRST_SCHEMAS / f"{row.type}.json"
        yield first, first.read_text(encoding="utf-8") if first.exists() else schema_text(row)
    yield ROOT / "docs/events.md", events_page()
    yield ROOT / "docs/metrics.md", metrics_page()
    openapi = json.dumps(gateway.app.openapi_document(), ensure_ascii=False, indent=2)
    yield ROOT / "docs/openapi.json", openapi + "\n"
    yield ROOT / "docs/asyncapi.json", json.dumps(asyncapi.document(), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if arguments not in (["write"], ["check"]):
        print("usage: python -m silkwire.documents write|check", file=sys.stderr)
        return 2
    if broken := list(broken_promises()):
        print("\n".join([*broken, evolution.ADVICE]), file=sys.stderr)
        return 1
    stale = []
    for path, text in documents():
        current = path.read_text(encoding="utf-8") if path.exists() else None
        if current == text:
            continue
        stale.append(path)
        if arguments == ["write"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    if stale and arguments == ["check"]:
        for path in stale:
            print(
                f"not current: {path.relative_to(ROOT)}; run `make schemas` and commit the result",
                file=sys.stderr,
            )
        return 1
    print(f"generated documents are current ({sum(1 for _ in documents())})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
