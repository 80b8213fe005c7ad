"""How MongoDB counts what a query found by the values of a facet."""

from collections.abc import Mapping
from typing import Any

from search.adapters.mongo_documents import filter_term
from search.domain.facets import FacetName, source_label, spellings, topic_labels

_DAY_OF_KEYS = 86_400_000 << 20
"""How many keys one day has, see `order_key`."""


def grouped(name: FacetName) -> list[dict[str, Any]]:
    """Return the stages that count articles by a facet's values."""
    count = {"count": {"$sum": 1}}
    if name == "source":
        group: dict[str, Any] = {"_id": {"id": "$source.id", "name": "$source.name"}, **count}
        return [{"$group": group}, {"$sort": {"count": -1}}]
    if name == "day":
        first = {"$subtract": ["$key", {"$mod": ["$key", _DAY_OF_KEYS]}]}
        return [{"$group": {"_id": first, **count}}, {"$sort": {"_id": -1}}]
    start = filter_term(name, "")
    own = {"$filter": {"input": "$terms", "cond": {"$eq": [{"$indexOfCP": ["$$this", start]}, 0]}}}
    return [
        {"$project": {"key": own, "topics": 1}},
        {"$unwind": "$key"},
        {"$group": {"_id": "$key", "topics": {"$first": "$topics"}, **count}},
        {"$sort": {"count": -1}},
    ]


def counted_key(name: FacetName, row: Mapping[str, Any]) -> str | int:
    """Return what `facets.told` expects of what `grouped` counted."""
    key = row["_id"]
    if name == "source":
        return source_label(key["id"], key["name"])
    if name == "day":
        return int(key) // _DAY_OF_KEYS
    value = str(key).removeprefix(filter_term(name, ""))
    return topic_labels([spellings(row["topics"]).get(value, value)])[0] if name == "topic" else value
