"""What a consumer makes of a message before any handler sees it: an event to handle, or a fate."""

from shared.bus.hand import Message
from shared.bus.retry import Bury, Failure, describe, read_failure
from shared.bus.settling import BrokerDelivery
from shared.contracts.catalogue import QUEUES
from shared.contracts.envelope import UndecodableEventError, from_headers


def read_delivery(message: Message, queue: str) -> BrokerDelivery | Bury:
    """Return the event of a message, or why it is buried; never raises.

    Args:
        message: what the broker delivered.
        queue: the work queue it is meant for.
    """
    failure = Failure()
    try:
        failure = read_failure(message.headers)
        envelope = from_headers(message.headers, message.body)
    except Exception as error:  # noqa: BLE001  no message, however odd, may end the consumer: it would come again
        reason = error.reason if isinstance(error, UndecodableEventError) else describe(error)
        return Bury("undecodable", _once_more(failure), reason)
    if envelope.type not in QUEUES[queue]:
        return Bury("unsupported", _once_more(failure), f"{queue} does not support the type {envelope.type}")
    return BrokerDelivery(envelope, failure, message)


def _once_more(failure: Failure) -> Failure:
    return Failure(failure.attempts + 1, failure.first_at)
