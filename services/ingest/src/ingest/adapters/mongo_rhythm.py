"""What was learnt of a source, as it is kept within its document in MongoDB."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ingest.domain.rhythm.learning import Arrivals
from ingest.domain.rhythm.moves import Move
from ingest.domain.rhythm.retirement import Absence
from ingest.domain.rhythm.schedule import Rhythm


def rhythm_document(rhythm: Rhythm) -> dict[str, Any]:
    """Return what to store; what is not known is left out."""
    return {name: value for name, value in asdict(rhythm).items() if value is not None and value is not False}


def read_rhythm(document: Mapping[str, Any] | None) -> Rhythm:
    """Return what was stored; nothing is known of a source without such a document."""
    known = document or {}
    return Rhythm(
        arrivals=Arrivals(**known["arrivals"]) if "arrivals" in known else None,
        distrusted=known.get("distrusted", False),
        move=Move(**known["move"]) if "move" in known else None,
        absence=Absence(**known["absence"]) if "absence" in known else None,
        retired_at=known.get("retired_at"),
        missed_at=known.get("missed_at"),
    )
