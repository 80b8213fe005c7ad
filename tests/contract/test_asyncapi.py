"""docs/asyncapi.json says what is really on the broker and on the wire; who reads it builds against it."""

import json
from typing import Any

import jsonschema
import pytest

from shared.bus.topology import Binding, Exchange, Queue, Topology, requeue_exchange, topology
from shared.contracts.articles import ArticleWithdrawn
from shared.contracts.catalogue import QUEUES, READERS, ROWS
from shared.contracts.envelope import seal, to_headers
from silkwire.asyncapi import document
from silkwire.documents import ROOT
from tests.suites.bus_suite import AT

COMMITTED: dict[str, Any] = json.loads((ROOT / "docs/asyncapi.json").read_text(encoding="utf-8"))


def topology_in(said: dict[str, Any]) -> Topology:
    """Read the topology back from a document."""
    exchanges: dict[str, Exchange] = {}
    queues: list[Queue] = []
    bindings: list[Binding] = []
    for channel in said["channels"].values():
        amqp = channel["bindings"]["amqp"]
        if amqp["is"] == "routingKey":
            exchange = amqp["exchange"]
            assert exchange["durable"] is True
            exchanges[exchange["name"]] = Exchange(exchange["name"], exchange["type"])
            continue
        queue = amqp["queue"]
        assert (queue["durable"], queue["exclusive"], queue["autoDelete"]) == (True, False, False)
        assert channel["address"] == queue["name"]
        queues.append(Queue(queue["name"], queue["x-arguments"]))
        bindings += [
            Binding(bound["exchange"], queue["name"], bound["routing-key"]) for bound in channel["x-bound-to"]
        ]
    return Topology(tuple(exchanges.values()), tuple(queues), tuple(bindings))


def same(one: Topology, other: Topology) -> bool:
    arguments = [{queue.name: dict(queue.arguments) for queue in side.queues} for side in (one, other)]
    return (
        arguments[0] == arguments[1]
        and set(one.exchanges) == set(other.exchanges)
        and set(one.bindings) == set(other.bindings)
    )


def test_the_committed_document_has_exactly_the_declared_topology() -> None:
    assert same(topology_in(COMMITTED), topology())


def test_a_topology_that_differs_is_not_taken_for_the_same() -> None:
    """Shows that the comparison is not blind."""
    assert not same(topology_in(COMMITTED), topology((1.0,)))
    assert same(topology_in(document(topology((1.0,)))), topology((1.0,)))


def test_a_queue_that_is_added_beside_a_work_queue_is_described_without_being_named_here() -> None:
    now = topology()
    work = next(queue for queue in QUEUES if READERS[queue] == "search")
    beside = Queue(f"{work}.beside", {"x-queue-type": "quorum"})
    wanted = Topology(
        now.exchanges,
        (*now.queues, beside),
        (*now.bindings, Binding(requeue_exchange(), beside.name, beside.name)),
    )
    said = document(wanted)
    assert same(topology_in(said), wanted)
    assert set(said["channels"][f"queue.{beside.name}"]["messages"]) == set(QUEUES[work])


def test_every_reference_leads_somewhere() -> None:
    references = list(refs(COMMITTED))
    assert references
    for reference in references:
        part: Any = COMMITTED
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def refs(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in refs(value)]
    return [found for value in part for found in refs(value)] if isinstance(part, list) else []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_an_events_examples_keep_to_the_payload_it_shows(row: Any) -> None:
    message = COMMITTED["components"]["messages"][row.type]
    schema = {**message["payload"], "components": COMMITTED["components"]}
    assert len(message["examples"]) >= 2
    for example in message["examples"]:
        jsonschema.validate(example["payload"], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, schema)


def test_the_headers_shown_are_those_that_are_sent() -> None:
    model = ArticleWithdrawn(id="a", rev=1, reason="owner: asked", withdrawn_at=AT)
    bare = to_headers(seal(model, source="/silkwire/ingest", at=AT))
    traced = to_headers(seal(model, source="/silkwire/ingest", at=AT, traceparent="00-1-2-01"))
    schema = COMMITTED["components"]["messages"][model.TYPE]["headers"]
    assert set(schema["properties"]) == set(traced)
    assert set(schema["required"]) == set(bare)
    jsonschema.validate(traced, schema)


def test_each_service_says_and_hears_what_the_catalogue_says() -> None:
    said = {
        (operation["action"], operation["tags"][0]["name"], reference["$ref"].rsplit("/", 1)[-1])
        for operation in COMMITTED["operations"].values()
        for reference in operation["messages"]
    }
    sends = {("send", row.producer, row.type) for row in ROWS}
    receives = {("receive", READERS[queue], type_) for queue, types in QUEUES.items() for type_ in types}
    assert said == sends | receives
