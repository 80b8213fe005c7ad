"""Whether an event's schema may follow another one within a major version: only optional fields may be added.

Readers and writers are deployed at different times. An old reader must read what a new writer says and the other way
round, so everything else, also what only loosens or tightens a field, is a new major version. Pure.
"""

from collections.abc import Iterator
from typing import Any

ADVICE = (
    "Within a major version only optional fields may be added. For anything else add a new major version of the event "
    "(...v2) beside the old one, consumers first: CONTRIBUTING.md, Add an event."
)

_WORDS = {"title", "description", "examples", "$id", "$defs"}


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what in `new` breaks readers or writers of `old`, each as field and reason; empty when nothing does.

    Args:
        old: the JSON Schema that is in use.
        new: the one that is to follow it.
    """
    return list(_compare(old, new, "", (old, new)))


def _compare(old: Any, new: Any, where: str, roots: tuple[Any, Any]) -> Iterator[str]:
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for old_part, new_part in zip(old, new, strict=True):
            yield from _compare(old_part, new_part, where, roots)
    elif isinstance(old, dict) and isinstance(new, dict):
        old, new = _resolve(old, roots[0]), _resolve(new, roots[1])
        yield from _compare_fields(old, new, where, roots)
        for word in sorted((old.keys() | new.keys()) - _WORDS - {"properties", "required"}):
            if word not in old or word not in new:
                yield f"{where or 'body'}: {word} was {'added' if word not in old else 'removed'}"
            else:
                yield from _compare(old[word], new[word], where, roots)
    elif old != new:
        yield f"{where or 'body'}: {old} became {new}"


def _compare_fields(
    old: dict[str, Any], new: dict[str, Any], where: str, roots: tuple[Any, Any]
) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        path = f"{where}.{name}".lstrip(".")
        if name not in after:
            yield f"{path}: was removed"
            continue
        if (name in needed_before) != (name in needed_after):
            yield f"{path}: became {'required' if name in needed_after else 'optional'}"
        yield from _compare(before[name], after[name], path, roots)
    for name in after:
        if name not in before and name in needed_after:
            yield f"{where}.{name}".lstrip(".") + ": was added as a required field"


def _resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    rest = {word: value for word, value in schema.items() if word != "$ref"}
    return {**root["$defs"][schema["$ref"].rsplit("/", maxsplit=1)[-1]], **rest}
