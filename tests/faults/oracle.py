"""What was served against what is stored: lost, unexpected, wrong, doubled; the same oracle for every experiment.

The terms are those of RabbitMQ's own Jepsen suite (attempts, lost, unexpected), with `wrong` for content and `doubled
effects` for writes that happened twice, which MongoDB's oplog bears witness to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Served:
    """One item as the origin served it.

    Attributes:
        versions: how many different versions of it were served.
        digest: of the last version's title and text.
    """

    versions: int
    digest: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One article as it stands in the record.

    Attributes:
        rev: its revision, from 1.
        digest: of its title and text.
    """

    rev: int
    digest: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How a run came out; everything but `attempted` is to be 0.

    Attributes:
        attempted: items served.
        lost: served, but not stored.
        unexpected: stored without having been served, or at a revision that never was.
        wrong: stored with other content than was served last.
        doubled_effects: writes of a revision beyond its first.
    """

    attempted: int
    lost: int
    unexpected: int
    wrong: int
    doubled_effects: int

    @property
    def clean(self) -> bool:
        """Whether nothing is amiss."""
        return not (self.lost or self.unexpected or self.wrong or self.doubled_effects)


def compare(
    served: Mapping[str, Served], stored: Mapping[str, Stored], writes: Mapping[tuple[str, int], int]
) -> Tally:
    """Compare by item and revision.

    Args:
        served: by item.
        stored: by item.
        writes: how often the record was changed to a revision, by document and revision.
    """
    both = served.keys() & stored.keys()
    return Tally(
        attempted=len(served),
        lost=len(served.keys() - stored.keys()),
        unexpected=len(stored.keys() - served.keys())
        + sum(not 1 <= stored[item].rev <= served[item].versions for item in both),
        wrong=sum(stored[item].digest != served[item].digest for item in both),
        doubled_effects=sum(times - 1 for times in writes.values() if times > 1),
    )


def count_writes(oplog: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, int]]:
    """Count the changes of a document to a revision, from the oplog's entries (inserts and updates of MongoDB 6.0).

    An entry is there only for a write that changed something, so a repeat that found nothing to do leaves none.
    """
    writes: Counter[tuple[str, int]] = Counter()
    for entry in oplog:
        change = entry["o"]
        document = change["_id"] if entry["op"] == "i" else entry["o2"]["_id"]
        rev = _revision(change)
        if rev is not None:
            writes[str(document), rev] += 1
    return writes


def _revision(change: Mapping[str, Any]) -> int | None:
    if "diff" not in change:
        return change.get("rev")
    diff = change["diff"]
    found: int | None = diff.get("u", {}).get("rev", diff.get("i", {}).get("rev"))
    return found
