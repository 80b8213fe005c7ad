"""What is agreed with hubs: offers, the life of a subscription, what their calls are worth."""

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.websub.callbacks import Asked, Verdict, is_signed, judge, lease_of
from ingest.domain.websub.offers import Named, Offer, offer_of
from ingest.domain.websub.push import LATELY, Push
from ingest.domain.websub.subscription import (
    Stage,
    Step,
    Subscription,
    Terms,
    asking,
    confirming,
    denying,
    put_off,
)
from tests.suites.ingest_stores import NOW

FEED, HUB, OTHER = "https://a.kg/rss", "https://hub.kg/", "https://other.kg/"
TERMS = Terms()
SUBSCRIPTION = Subscription("a", "token", "secret", HUB, FEED)


@pytest.mark.parametrize(
    ("head", "body", "offer"),
    [
        (Named(), Named((HUB,), FEED), Offer(HUB, FEED)),
        (Named((OTHER,)), Named((HUB,), FEED), Offer(OTHER, FEED)),
        (Named((), "https://a.kg/self"), Named((HUB,), FEED), Offer(HUB, "https://a.kg/self")),
        (Named(), Named((HUB,)), Offer(HUB, "https://a.kg/asked")),
        (Named(), Named(("http://hub.kg/", HUB)), Offer(HUB, "https://a.kg/asked")),
        (Named(), Named(("http://hub.kg/",)), Offer("http://hub.kg/", "https://a.kg/asked")),
        (Named(), Named((), FEED), None),
        (Named(), Named((HUB + "x" * 1000,), FEED), None),
        (Named(), Named((HUB,), FEED + "x" * 1000), None),
    ],
    ids=[
        "body",
        "head first",
        "self in the head",
        "no self",
        "tls first",
        "no tls",
        "no hub",
        "long",
        "long self",
    ],
)
def test_a_feed_offers_a_hub_and_the_name_to_ask_for(head: Named, body: Named, offer: Offer | None) -> None:
    assert offer_of(head, body, "https://a.kg/asked") == offer


def _after(known: Subscription, step: Step, now: datetime) -> Subscription:
    """What a store keeps of a step."""
    live_until = known.live_until
    if step.lease_s is not None:
        live_until = now + timedelta(seconds=step.lease_s) if step.lease_s > 0 else None
    return replace(
        known,
        stage=step.stage,
        asks=step.asks,
        version=known.version + 1,
        ask_at=now + timedelta(seconds=step.ask_after_s),
        live_until=live_until,
    )


Event = tuple[Literal["ask", "confirm", "deny", "wait"], float]
EVENTS = st.lists(
    st.tuples(st.sampled_from(["ask", "confirm", "deny", "wait"]), st.floats(0, 2e6)), max_size=30
)


@given(EVENTS)
def test_whatever_a_hub_does_it_is_asked_again_within_bounds(events: list[Event]) -> None:
    """Readers: no word of a hub, and no silence, can make us forget a source or hammer a hub."""
    known, now = SUBSCRIPTION, NOW
    for what, seconds in events:
        if what == "wait":
            now += timedelta(seconds=seconds)
            continue
        steps = {
            "ask": asking(known, TERMS),
            "confirm": confirming(seconds, TERMS),
            "deny": denying(known, TERMS),
        }
        step = steps[what]
        assert TERMS.least_ask_s <= step.ask_after_s <= TERMS.most_lease_s
        known = _after(known, step, now)
        if what == "confirm":
            assert known.live_until is not None
            assert now < known.live_until <= now + timedelta(seconds=TERMS.most_lease_s)
        assert (known.live_until is None) or what != "deny"


def test_a_hub_that_never_asks_back_is_asked_less_and_less() -> None:
    known, waits = SUBSCRIPTION, []
    for _ in range(12):
        step = asking(known, TERMS)
        assert step.stage is Stage.PENDING
        waits.append(step.ask_after_s)
        known = _after(known, step, NOW)
    assert (waits[0], waits[-1]) == (TERMS.first_ask_s, TERMS.longest_ask_s)
    assert waits == sorted(waits)


@given(st.floats(400, 2e6))
def test_a_lease_is_renewed_before_it_ends(lease_s: float) -> None:
    """Readers of a busy source: between two leases nothing would be told."""
    step = confirming(lease_s, TERMS)
    assert step.lease_s is not None
    assert step.ask_after_s < step.lease_s
    known = _after(SUBSCRIPTION, step, NOW)
    assert asking(known, TERMS).stage is Stage.VERIFIED, "it goes on telling while it is asked anew"


def test_a_hub_that_names_no_lease_has_given_what_was_asked_for() -> None:
    """Hubs of PubSubHubbub 0.3."""
    assert confirming(lease_of(""), TERMS).lease_s == TERMS.lease_s
    assert (lease_of("86400"), lease_of("-1"), lease_of("1e9"), lease_of("٣")) == (86_400, None, None, None)


@given(st.floats(0, 1e9), st.integers(0, 40))
def test_a_hubs_retry_after_only_ever_puts_off_and_a_day_at_most(wait_s: float, asks: int) -> None:
    known = replace(SUBSCRIPTION, asks=asks)
    later = put_off(known, wait_s, TERMS)
    if later is not None:
        assert asking(known, TERMS).ask_after_s < later.ask_after_s <= TERMS.longest_ask_s


@pytest.mark.parametrize(
    ("stage", "asked", "verdict"),
    [
        (Stage.PENDING, Asked("subscribe", FEED, "c"), Verdict.CONFIRM),
        (Stage.VERIFIED, Asked("subscribe", FEED, "c"), Verdict.CONFIRM),
        (Stage.WANTED, Asked("subscribe", FEED, "c"), Verdict.REFUSE),
        (Stage.DENIED, Asked("subscribe", FEED, "c"), Verdict.REFUSE),
        (Stage.PENDING, Asked("subscribe", OTHER, "c"), Verdict.REFUSE),
        (Stage.PENDING, Asked("subscribe", FEED, ""), Verdict.REFUSE),
        (Stage.PENDING, Asked("subscribe", FEED, "c" * 3000), Verdict.REFUSE),
        (Stage.VERIFIED, Asked("unsubscribe", FEED, "c"), Verdict.REFUSE),
        (Stage.PENDING, Asked("denied", FEED), Verdict.DENIED),
        (Stage.VERIFIED, Asked("denied", FEED), Verdict.DENIED),
        (Stage.VERIFIED, Asked("denied", OTHER), Verdict.REFUSE),
        (Stage.PENDING, Asked("", ""), Verdict.REFUSE),
    ],
)
def test_only_what_we_asked_for_is_confirmed(stage: Stage, asked: Asked, verdict: Verdict) -> None:
    """Else anybody could subscribe us to anything, or end what we have."""
    assert judge(replace(SUBSCRIPTION, stage=stage), asked) is verdict


def signed(body: bytes, secret: str, method: str) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


@given(
    st.binary(max_size=200),
    st.text(min_size=1, max_size=64),
    st.sampled_from(sorted(hashlib.algorithms_guaranteed)),
)
def test_a_message_counts_only_with_a_signature_by_our_secret(body: bytes, secret: str, method: str) -> None:
    """WebSub, 7.1: sha1, sha256, sha384 and sha512, nothing weaker."""
    if method.startswith("shake"):
        return
    header = signed(body, secret, method)
    assert is_signed(header, secret, body) == (method in {"sha1", "sha256", "sha384", "sha512"})
    assert not is_signed(header, secret, body + b"!")
    assert not is_signed(header, secret + "!", body)


@pytest.mark.parametrize("header", [None, "", "sha256", "sha256=", "=", "sha256=é", "md5=00", "sha256=00"])
def test_what_is_no_signature_is_none(header: str | None) -> None:
    assert not is_signed(header, "secret", b"body")


def test_a_signature_in_capitals_is_the_same() -> None:
    assert is_signed(signed(b"body", "secret", "sha256").upper(), "secret", b"body")


def test_a_secret_is_not_shown_with_its_subscription() -> None:
    """Operators, whose logs are read by many."""
    assert "secret" not in repr(SUBSCRIPTION)


PUSH = Push(HUB, FEED, Stage.VERIFIED, live_until=NOW + timedelta(days=1), told_at=NOW, told=3, heard=3)


@pytest.mark.parametrize(
    ("push", "missed_at", "carries"),
    [
        (PUSH, None, True),
        (PUSH, NOW - timedelta(seconds=1), True),
        (PUSH, NOW + timedelta(seconds=1), False),
        (replace(PUSH, live_until=NOW), None, False),
        (replace(PUSH, live_until=None), None, False),
        (replace(PUSH, stage=Stage.DENIED), None, False),
        (replace(PUSH, told_at=None), None, False),
        (replace(PUSH, told_at=NOW - LATELY - timedelta(seconds=1)), None, False),
    ],
    ids=["well", "missed before", "missed since", "ran out", "no lease", "denied", "never told", "long ago"],
)
def test_a_hub_is_relied_upon_as_far_as_it_has_proved_itself(
    push: Push, missed_at: datetime | None, carries: bool
) -> None:
    """Readers: a hub that promises and does not tell must not cost them an hour."""
    assert push.carries(missed_at, NOW) is carries


def test_what_ran_out_is_shown_as_waiting_again() -> None:
    assert replace(PUSH, live_until=NOW).stage_at(NOW) is Stage.PENDING
    assert PUSH.stage_at(NOW) is Stage.VERIFIED
