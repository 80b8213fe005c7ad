"""The event side as an AsyncAPI 3 document: who says and hears what, and every exchange and queue on the broker.

Made from the catalogue and the declared topology alone, so it follows both without naming a queue.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shared.contracts
from shared.bus.topology import EVENTS, Exchange, Queue, Topology, topology
from shared.contracts.catalogue import CATALOGUE, QUEUES, READERS, ROWS, CatalogueRow
from shared.contracts.envelope import CONTENT_TYPE, MAX_BODY_BYTES, SPEC_VERSION

EXAMPLES = Path(shared.contracts.__file__).parent / "examples"

_DESCRIPTION = f"""\
What Silkwire's services say to each other over RabbitMQ: CloudEvents {SPEC_VERSION} in binary mode, attributes in AMQP
headers, JSON body of at most {MAX_BODY_BYTES // 1024} KiB. Events are safe to receive twice and out of order: the
highest `rev` (or `seq`) of a subject wins. Readers ignore unknown fields.

A channel is either a queue or an exchange with a routing key. A queue's binding has its
`x-arguments`, which cannot be changed in place; what leads to it is in `x-bound-to`. Retry queues are shown for the default delays. Every service
declares all of it at start."""

_HEADERS = {
    "cloudEvents_specversion": {
        "type": "string",
        "const": SPEC_VERSION,
        "description": "CloudEvents version.",
    },
    "cloudEvents_id": {"type": "string", "description": "The same for every repeat of the event."},
    "cloudEvents_type": {"type": "string", "description": "The event type; also the routing key."},
    "cloudEvents_source": {"type": "string", "description": "The service that says it."},
    "cloudEvents_subject": {"type": "string", "description": "What it is about: an article's id or a pair."},
    "cloudEvents_time": {"type": "string", "format": "date-time", "description": "When it came to be, UTC."},
    "cloudEvents_traceparent": {"type": "string", "description": "W3C trace context."},
}
_OPTIONAL_HEADERS = {"cloudEvents_traceparent"}


def document(wanted: Topology | None = None) -> dict[str, Any]:
    """Return the document.

    Args:
        wanted: the topology to describe; by default the one that is declared.
    """
    declared = wanted or topology()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Silkwire events", "version": "0.1.0", "description": _DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "rabbitmq": {
                "host": "rabbitmq:5672",
                "protocol": "amqp",
                "protocolVersion": "0-9-1",
                "description": "RabbitMQ 3.10 or newer; the setting AMQP_URL says where.",
            }
        },
        "channels": _channels(declared),
        "operations": _operations(),
        "components": {
            "messages": {row.type: _message(row) for row in ROWS},
            "schemas": _schemas(),
        },
    }


def exchange_channel(exchange: str, routing_key: str) -> str:
    """Name of the channel that is an exchange with a routing key."""
    return f"exchange.{exchange}.{routing_key}"


def queue_channel(queue: str) -> str:
    """Name of the channel that is a queue."""
    return f"queue.{queue}"


def _channels(declared: Topology) -> dict[str, Any]:
    exchanges = {exchange.name: exchange for exchange in declared.exchanges}
    channels: dict[str, Any] = {}
    for binding in declared.bindings:
        # A routing key of the topic exchange is an event type; elsewhere it is the name of a queue.
        types = [binding.routing_key] if binding.exchange == EVENTS else _types(binding.queue)
        channels[exchange_channel(binding.exchange, binding.routing_key)] = {
            "address": binding.routing_key,
            "messages": _messages(types),
            "bindings": {"amqp": _exchange_binding(exchanges[binding.exchange])},
        }
    for queue in declared.queues:
        channels[queue_channel(queue.name)] = {
            "address": queue.name,
            "messages": _messages(_types(queue.name)),
            "bindings": {"amqp": _queue_binding(queue)},
            "x-bound-to": [
                {"exchange": binding.exchange, "routing-key": binding.routing_key}
                for binding in declared.bindings
                if binding.queue == queue.name
            ],
        }
    return channels


def _types(queue: str) -> tuple[str, ...]:
    """The event types a queue may hold: its own, or those of the queue whose name its name begins with."""
    [types] = [types for name, types in QUEUES.items() if queue == name or queue.startswith(f"{name}.")]
    return types


def _messages(types: Iterable[str]) -> dict[str, Any]:
    return {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in types}


def _exchange_binding(exchange: Exchange) -> dict[str, Any]:
    return {
        "is": "routingKey",
        "exchange": {"name": exchange.name, "type": exchange.type, "durable": True, "autoDelete": False},
        "bindingVersion": "0.3.0",
    }


def _queue_binding(queue: Queue) -> dict[str, Any]:
    return {
        "is": "queue",
        "queue": {
            "name": queue.name,
            "durable": True,
            "exclusive": False,
            "autoDelete": False,
            "x-arguments": dict(queue.arguments),
        },
        "bindingVersion": "0.3.0",
    }


def _operations() -> dict[str, Any]:
    says = {
        f"{row.producer}.says.{row.type}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{exchange_channel(EVENTS, row.type)}"},
            "summary": _summary(row),
            "tags": [{"name": row.producer}],
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
            "messages": [_message_of(exchange_channel(EVENTS, row.type), row.type)],
        }
        for row in ROWS
    }
    hears = {
        f"{READERS[queue]}.hears.{queue}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{queue_channel(queue)}"},
            "tags": [{"name": READERS[queue]}],
            "bindings": {"amqp": {"ack": True, "bindingVersion": "0.3.0"}},
            "messages": [_message_of(queue_channel(queue), type_) for type_ in types],
        }
        for queue, types in QUEUES.items()
    }
    return says | hears


def _message_of(channel: str, type_: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{channel}/messages/{type_}"}


def _summary(row: CatalogueRow) -> str:
    return (row.model.__doc__ or "").strip().splitlines()[0]


def _message(row: CatalogueRow) -> dict[str, Any]:
    return {
        "name": row.type,
        "title": row.model.__name__,
        "summary": _summary(row),
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {
                **_HEADERS,
                "cloudEvents_type": {**_HEADERS["cloudEvents_type"], "const": row.type},
            },
            "required": [name for name in _HEADERS if name not in _OPTIONAL_HEADERS],
        },
        "payload": {"$ref": f"#/components/schemas/{row.model.__name__}"},
        "examples": [
            {"name": path.stem, "payload": json.loads(path.read_text(encoding="utf-8"))}
            for path in sorted(EXAMPLES.glob(f"{row.type}.*"))
        ],
    }


def _schemas() -> dict[str, Any]:
    """Every event's schema and what it refers to, side by side."""
    schemas: dict[str, Any] = {}
    for row in CATALOGUE.values():
        schema = row.model.model_json_schema(
            mode="serialization", ref_template="#/components/schemas/{model}"
        )
        for name, part in {**schema.pop("$defs", {}), row.model.__name__: schema}.items():
            if schemas.setdefault(name, part) != part:
                raise ValueError(f"two shapes of the contracts share the name {name}")
    return schemas
