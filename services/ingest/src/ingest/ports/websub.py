"""WebSub: a store of subscriptions, hubs that are asked, and what they have to say."""

from collections.abc import Mapping
from typing import Protocol

from ingest.domain.fetching.outcomes import Accepted, Failed
from ingest.domain.websub.callbacks import Asked, Verdict
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Step, Subscription


class SubscriptionStore(Protocol):
    """At most one subscription of each source; several replicas share it, by the store's clock."""

    async def want(self, fresh: Subscription, ask_after_s: float, known: Push | None) -> bool:
        """Put a new subscription in the place of the one known; False when there is another by now, or no source.

        Args:
            fresh: the new one.
            ask_after_s: seconds until its hub is asked.
            known: the old one, None where there is none.
        """
        ...

    async def drop(self, source_id: str, known: Push) -> bool:
        """Forget a subscription; False when the source has another one by now."""
        ...

    async def due(self) -> Subscription | None:
        """Return the subscription whose hub waits longest to be asked, None where none does.

        Sources that are paused or retired are left out. Nothing is claimed: whoever succeeds in keeping the next step has it.
        """
        ...

    async def keep(self, known: Subscription, step: Step) -> bool:
        """Take a subscription a step further; False when it is not `known` any more."""
        ...

    async def by_token(self, token: str) -> Subscription | None:
        """Return the subscription of a callback, None where there is none."""
        ...

    async def tell(self, known: Subscription, least_s: float) -> bool:
        """Note that a hub told of something, and make the source due; False when the subscription is gone.

        A source whose last poll failed keeps its waiting time, which its publisher may have asked for.

        Args:
            known: the subscription.
            least_s: seconds that must have passed since the last poll.
        """
        ...


class Hubs(Protocol):
    """Asks hubs."""

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Accepted | Failed:
        """Send a form; every failure is a value.

        Args:
            url: address of the hub.
            fields: of the form.
        """
        ...


class HubCalls(Protocol):
    """Hears what hubs have to say."""

    async def asked(self, token: str, asked: Asked) -> Verdict | None:
        """Return what a hub's question comes to, None where nobody has this token.

        Raises:
            StoreDownError: the hub may ask again.
        """
        ...

    async def told(self, token: str, signature: str | None, body: bytes) -> bool:
        """Take note of what a hub tells where it is signed; False where nobody has this token.

        Raises:
            StoreDownError: the hub may tell again.
        """
        ...
