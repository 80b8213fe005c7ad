"""Keeps one board per pair in MongoDB, with the events not yet said about it, changed by compare-and-set."""

from datetime import date
from decimal import Decimal

from rates.adapters.mongo_availability import available
from rates.domain.board import Board
from rates.domain.fixings import Doubt, Fixing, Line, Method, Pair, Status
from rates.ports import BoardBusyError
from shared import outbox
from shared.contracts.envelope import Envelope
from shared.mongo import Collection, Document, DuplicateKeyError


class MongoBoard:
    """Boards in one collection, whose documents are an outbox too.

    It is bounded by construction: one board for each pair of a handful, and `outbox.PENDING_MAX` events in each.

    Args:
        collection: belongs to these boards and their relay alone.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the outbox's indexes; safe to repeat.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            await outbox.ensure_indexes(self._collection)

    async def get(self, pair: str) -> Board | None:
        """Return a pair's board.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            document = await self._collection.find_one({"_id": pair}, {"pending": 0})
        return None if document is None else _read(document)

    async def every(self) -> list[Board]:
        """Return all boards, in no particular order.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            return [_read(document) async for document in self._collection.find({}, {"pending": 0})]

    async def change(self, board: Board, event: Envelope) -> bool:
        """Store the board and its pending event in one write, if the stored one's seq is the one before.

        Returns:
            False when somebody else changed the board first; nothing was written.

        Raises:
            BoardBusyError: too many events about the pair wait to be published.
            StoreUnavailableError: the store does not answer.
        """
        pair = str(board.pair)
        with available():
            if board.seq == 1:
                return await self._insert(pair, board, event)
            result = await self._collection.update_one(
                {"_id": pair, "seq": board.seq - 1, **outbox.room_for()},
                {"$set": _write(board), **outbox.push(event)},
            )
            if result.matched_count:
                return True
            stored = await self._collection.find_one({"_id": pair}, {"seq": 1})
        if stored is not None and stored["seq"] == board.seq - 1:
            raise BoardBusyError(f"{outbox.PENDING_MAX} events about {pair} wait to be published")
        return False

    async def _insert(self, pair: str, board: Board, event: Envelope) -> bool:
        first = {"bucket": outbox.bucket_of(pair), "pending": outbox.entries(event)}
        try:
            await self._collection.insert_one({"_id": pair, **_write(board), **first})
        except DuplicateKeyError:
            return False
        return True


def _write(board: Board) -> Document:
    fixing = board.line.fixing
    return {
        "seq": board.seq,
        "status": str(board.line.status),
        "note": board.line.note,
        "doubt": board.line.doubt and str(board.line.doubt),
        "confirmed_by": list(board.line.confirmed_by),
        "changed_at": board.changed_at,
        "fixing": {
            "source": fixing.source,
            "value": f"{fixing.value:f}",
            "change_pct": None if fixing.change_pct is None else f"{fixing.change_pct:f}",
            "session_on": fixing.session_on.isoformat(),
            "previous_on": None if fixing.previous_on is None else fixing.previous_on.isoformat(),
            "label_on": fixing.label_on.isoformat(),
            "revision": fixing.revision,
            "first_seen_at": fixing.first_seen_at,
            "method": str(fixing.method),
            "rel_uncertainty": None if fixing.rel_uncertainty is None else f"{fixing.rel_uncertainty:f}",
        },
    }


def _read(document: Document) -> Board:
    pair = Pair(*document["_id"].split("/"))
    stored = document["fixing"]
    change_pct, previous_on = stored["change_pct"], stored["previous_on"]
    uncertainty = stored.get("rel_uncertainty")
    fixing = Fixing(
        pair=pair,
        source=stored["source"],
        value=Decimal(stored["value"]),
        change_pct=None if change_pct is None else Decimal(change_pct),
        session_on=date.fromisoformat(stored["session_on"]),
        previous_on=None if previous_on is None else date.fromisoformat(previous_on),
        label_on=date.fromisoformat(stored["label_on"]),
        revision=stored["revision"],
        first_seen_at=stored["first_seen_at"],
        # Boards written before there were crosses have neither of these.
        method=Method(stored.get("method", Method.INVERSE)),
        rel_uncertainty=None if uncertainty is None else Decimal(uncertainty),
    )
    confirmed_by = tuple(document.get("confirmed_by", ()))
    doubt = document.get("doubt")
    line = Line(
        fixing, Status(document["status"]), document["note"], Doubt(doubt) if doubt else None, confirmed_by
    )
    return Board(pair, document["seq"], line, document["changed_at"])
