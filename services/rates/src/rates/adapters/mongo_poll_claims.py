"""Shares the polls among replicas through MongoDB, by the server's time, with an epoch as fence."""

from collections.abc import Mapping
from typing import Any

from rates.adapters.mongo_availability import available
from rates.domain.schedule import PollState
from rates.ports import GOOD_OUTCOMES, BankHealth, Claim, PollReport
from shared.mongo import Collection, Document, DuplicateKeyError, aggregate

_NOW = "$$NOW"


class MongoPollClaims:
    """One document per bank: when it was polled, by which epoch, and how that went.

    Args:
        collection: belongs to these claims alone.
        owner: names this replica, for whoever reads the document.
    """

    def __init__(self, collection: Collection, *, owner: str) -> None:
        self._collection = collection
        self._owner = owner

    async def state(self, bank_id: str) -> PollState:
        """Return what is known of the bank's polls.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            document = await self._with_server_time(bank_id)
            if document is None:
                await self._create(bank_id)
                document = await self._with_server_time(bank_id)
        if document is None:
            raise LookupError(bank_id)
        return PollState(
            now=document["now"],
            polled_at=document.get("polled_at"),
            leased_until=document.get("leased_until"),
            failures=document["failures"],
            epoch=document["epoch"],
        )

    async def claim(self, bank_id: str, epoch: int, lease_s: float) -> Claim | None:
        """Take the poll for `lease_s` seconds, if nobody has since `epoch` was read.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        taken = {
            "epoch": epoch + 1,
            "owner": {"$literal": self._owner},
            "leased_until": _from_now(lease_s),
        }
        matched = await self._update(bank_id, epoch, taken)
        return Claim(bank_id, epoch + 1) if matched else None

    async def renew(self, claim: Claim, lease_s: float) -> bool:
        """Hold the claim for `lease_s` seconds from now; False when it was given back or others have the poll since.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        # A renewal that was under way when the poll ended must not take the bank again.
        held = {"_id": claim.bank_id, "epoch": claim.epoch, "leased_until": {"$ne": None}}
        with available():
            result = await self._collection.update_one(held, [{"$set": {"leased_until": _from_now(lease_s)}}])
        return result.matched_count == 1

    async def finish(self, claim: Claim, report: PollReport) -> None:
        """Note how the poll ended and give the claim back; does nothing when the claim has lapsed.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        good = report.outcome in GOOD_OUTCOMES
        ended: dict[str, Any] = {
            "polled_at": _NOW,
            "leased_until": None,
            "failures": 0 if good else {"$add": ["$failures", 1]},
            "outcome": {"$literal": str(report.outcome)},
            "reason": {"$literal": report.reason},
        }
        if good:
            ended["succeeded_at"] = _NOW
        await self._update(claim.bank_id, claim.epoch, ended)

    async def release(self, claim: Claim) -> None:
        """Give the claim back as if the poll had not begun.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        await self._update(claim.bank_id, claim.epoch, {"leased_until": None})

    async def health(self) -> Mapping[str, BankHealth]:
        """Return how each bank's polls have gone, by bank id.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            documents = await self._collection.find({}).to_list(None)
        return {document["_id"]: _health(document) for document in documents}

    async def _update(self, bank_id: str, epoch: int, values: Mapping[str, Any]) -> bool:
        with available():
            result = await self._collection.update_one({"_id": bank_id, "epoch": epoch}, [{"$set": values}])
        return result.matched_count == 1

    async def _with_server_time(self, bank_id: str) -> Document | None:
        stages = [{"$match": {"_id": bank_id}}, {"$set": {"now": _NOW}}]
        async for document in aggregate(self._collection, stages):
            return document
        return None

    async def _create(self, bank_id: str) -> None:
        try:
            await self._collection.insert_one({"_id": bank_id, "epoch": 0, "failures": 0})
        except DuplicateKeyError:
            return


def _from_now(lease_s: float) -> dict[str, Any]:
    """An instant by the database's time."""
    return {"$add": [_NOW, int(lease_s * 1000)]}


def _health(document: Document) -> BankHealth:
    return BankHealth(
        bank_id=document["_id"],
        polled_at=document.get("polled_at"),
        succeeded_at=document.get("succeeded_at"),
        failures=document["failures"],
        outcome=document.get("outcome"),
        reason=document.get("reason", ""),
    )
