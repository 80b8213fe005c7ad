"""Headers of a message that is sent on: without the broker's accounts, and always such as can be sent (pure).

Whoever put a message on the broker may have put anything into its headers. What cannot be sent on can be neither
buried nor set apart, so it would keep its consumer from all others.
"""

from collections.abc import Mapping
from typing import cast

from pamqp import encode
from pamqp.common import FieldTable

TEXT_MAX = 1000
"""Most characters of a reason, or of a value written as text, which may be of any length."""

HEADERS_MAX_BYTES = 64 * 1024
"""Most bytes of headers. They travel in one frame, of 128 KiB by default; whoever sends a longer one loses the
connection. The rest of the frame is for what we add."""

_BROKER_HEADERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count")
# Brokers before 4.0.1 take a client-sent `x-death` for a dead-letter cycle and drop the message.


def strip_broker_headers(headers: Mapping[str, object]) -> dict[str, object]:
    """Return the headers without those in which the broker keeps its own accounts; for every republish.

    A value that cannot be written is written as text. Of headers beyond `HEADERS_MAX_BYTES` the longest are left out.
    """
    ours = {name: _sendable(value) for name, value in headers.items() if not name.startswith(_BROKER_HEADERS)}
    sizes = {name: len(_encoded(name, value)) for name, value in ours.items()}
    shortest_first = sorted(sizes, key=sizes.__getitem__)
    total = sum(sizes.values())
    while total > HEADERS_MAX_BYTES:
        longest = shortest_first.pop()
        total -= sizes[longest]
        del ours[longest]
    return ours


def _sendable(value: object) -> object:
    # The library reads text that is not UTF-8 as bytes, and cannot write what it has read.
    if isinstance(value, bytes):
        return bytearray(value)
    if isinstance(value, dict):
        return {name: _sendable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    try:
        _encoded("", value)
    except Exception:  # noqa: BLE001  numbers of 64 bits end with errors of several kinds
        return str(value)[:TEXT_MAX]
    return value


def _encoded(name: str, value: object) -> bytes:
    return encode.field_table(cast("FieldTable", {name: value}))
