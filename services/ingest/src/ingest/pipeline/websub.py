"""WebSub: notices hubs in feeds, asks them, answers what they ask back, and makes sources due when they tell of something.

What a hub sends is not read (docs/adr/0011): a signed message makes its source due, and the next poll, by any replica,
fetches the feed from its publisher as ever. So whatever a hub or a forger does, it can bring no article that is not there.
"""

import asyncio
import secrets
from dataclasses import dataclass, field, replace

import structlog

from ingest.domain.fetching.links import links_of, related
from ingest.domain.fetching.outcomes import Failed, Fetched
from ingest.domain.parsing.entries import RawFeed
from ingest.domain.sources.source import Source
from ingest.domain.websub.callbacks import Asked, Verdict, is_signed, judge, lease_of
from ingest.domain.websub.offers import Named, Offer, offer_of
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Subscription, Terms, asking, confirming, denying, put_off
from ingest.metrics import Metrics
from ingest.pipeline.steps import one_by_one
from ingest.ports import Hubs, StoreDownError, SubscriptionStore

IDLE_S = 5.0
"""Seconds between looks at the store while no hub is to be asked."""

MAX_TRIES = 5
"""How often a lost race for one subscription is decided again."""

_TOKEN_BYTES = 32
_TOLD_AS = {Verdict.CONFIRM: "verified", Verdict.DENIED: "denied", Verdict.REFUSE: "refused"}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """What hubs are told, and how their word is taken.

    Attributes:
        url: address below which hubs reach us; a subscription's token is added.
        least_s: seconds between two polls of a source, whatever its hub tells.
        terms: how long things take.
        idle_s: seconds between looks at the store while no hub is to be asked.
    """

    url: str
    least_s: float
    terms: Terms = field(default_factory=Terms)
    idle_s: float = IDLE_S


class Subscriptions:
    """All subscriptions to hubs; one object for the whole process, sharing its store with other replicas.

    Args:
        store: where they are kept.
        hubs: asks hubs.
        metrics: numbers.
        rules: what hubs are told, and how their word is taken.
    """

    def __init__(self, store: SubscriptionStore, hubs: Hubs, metrics: Metrics, rules: CallbackRules) -> None:
        self._store = store
        self._hubs = hubs
        self._metrics = metrics
        self._rules = rules

    async def notice(self, source: Source, known: Push | None, answer: Fetched, feed: RawFeed) -> None:
        """Take note of which hub a feed names now, if any.

        A hub that takes another one's place, or a topic another's, is asked after some minutes only: a feed that names
        itself anew at every poll then asks nobody.

        Args:
            source: whose feed it is.
            known: its subscription.
            answer: in which the feed came.
            feed: as read.

        Raises:
            StoreDownError: the store does not answer.
        """
        links = links_of(answer.link, answer.url)
        head = Named(related(links, "hub"), next(iter(related(links, "self")), None))
        offer = offer_of(head, Named(feed.hubs, feed.address), source.url)
        if known is not None and offer == Offer(known.hub, known.topic):
            return
        if offer is not None:
            token, secret = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_hex(_TOKEN_BYTES)
            fresh = Subscription(source.id, token, secret, offer.hub, offer.topic)
            wait_s = 0.0 if known is None else self._rules.terms.first_ask_s
            if await self._store.want(fresh, wait_s, known):
                _log.info("websub_wanted", source=source.id, hub=offer.hub, topic=offer.topic)
        elif known is not None and await self._store.drop(source.id, known):
            _log.info("websub_dropped", source=source.id, hub=known.hub)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask hubs until `stop` is set; a request that is cut off then is made again in time."""
        await one_by_one(self._guarded, stop)

    async def _guarded(self) -> float:
        try:
            return 0.0 if await self.step() else self._rules.idle_s
        except StoreDownError:
            return self._rules.idle_s
        except Exception:  # noqa: BLE001  a fault of ours over one hub must not stop the others
            _log.exception("websub_crashed")
            return self._rules.idle_s

    async def step(self) -> bool:
        """Ask the hub that waits longest, unless another replica was faster; False where none waits.

        Raises:
            StoreDownError: the store does not answer.
        """
        known = await self._store.due()
        if known is None:
            return False
        first = asking(known, self._rules.terms)
        if not await self._store.keep(known, first):
            return True
        answer = await self._hubs.post_form(known.hub, self._form(known))
        failed = isinstance(answer, Failed)
        self._metrics.hubs_asked.labels("failed" if failed else "accepted").inc()
        facts = {"reason": answer.reason.value, "detail": answer.detail} if isinstance(answer, Failed) else {}
        _log.info(
            "websub_asked",
            source=known.source_id,
            hub=known.hub,
            outcome="failed" if failed else "ok",
            asks=first.asks,
            **facts,
        )
        if isinstance(answer, Failed) and answer.retry_after_s is not None:
            later = put_off(known, answer.retry_after_s, self._rules.terms)
            if later is not None:
                await self._store.keep(replace(known, version=known.version + 1), later)
        return True

    def _form(self, known: Subscription) -> dict[str, str]:
        return {
            "hub.mode": "subscribe",
            "hub.topic": known.topic,
            "hub.callback": f"{self._rules.url}/{known.token}",
            "hub.lease_seconds": str(int(self._rules.terms.lease_s)),
            "hub.secret": known.secret,
        }

    async def asked(self, token: str, asked: Asked) -> Verdict | None:
        """Return what a hub's question comes to, None where nobody has this token; see the port."""
        for _ in range(MAX_TRIES):
            known = await self._store.by_token(token)
            if known is None:
                self._metrics.hub_calls.labels("unknown").inc()
                return None
            verdict = judge(known, asked)
            if await self._take(known, verdict, asked):
                self._metrics.hub_calls.labels(_TOLD_AS[verdict]).inc()
                return verdict
        raise StoreDownError("the subscription changes all the time")

    async def _take(self, known: Subscription, verdict: Verdict, asked: Asked) -> bool:
        """Store what follows; False where the subscription has changed meanwhile, and the verdict may be another."""
        facts = {"source": known.source_id, "hub": known.hub, "mode": asked.mode[:20]}
        if verdict is Verdict.REFUSE:
            _log.warning("websub_refused", **facts)
            return True
        if verdict is Verdict.DENIED:
            step = denying(known, self._rules.terms)
        else:
            step = confirming(lease_of(asked.lease), self._rules.terms)
        if not await self._store.keep(known, step):
            return False
        event = "websub_denied" if verdict is Verdict.DENIED else "websub_verified"
        _log.info(event, **facts, lease_s=step.lease_s, ask_after_s=step.ask_after_s)
        return True

    async def told(self, token: str, signature: str | None, body: bytes) -> bool:
        """Take note of what a hub tells where it is signed; see the port."""
        known = await self._store.by_token(token)
        signed = known is not None and is_signed(signature, known.secret, body)
        if known is None or (signed and not await self._store.tell(known, self._rules.least_s)):
            self._metrics.hub_calls.labels("unknown").inc()
            return False
        self._metrics.hub_calls.labels("told" if signed else "forged").inc()
        say = _log.info if signed else _log.warning
        say(
            "websub_told",
            source=known.source_id,
            hub=known.hub,
            outcome="ok" if signed else "forged",
            bytes=len(body),
        )
        return True
