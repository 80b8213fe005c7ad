"""From stored observations of all sources to a pair's line: the authority's number, confirmed by others, never blended.

A line is derived from all that is stored, never from the order in which documents came; whoever derives it again from
the same observations gets the same. The past of a pair is made of the same parts, so its last session is what the line
shows.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from rates.domain.banks import Bank
from rates.domain.fixings import CHANGE_KNOWN_WITHIN_DAYS, KEPT_BACK, Fixing, Line, Method, Status, rounded
from rates.domain.observations import Observation
from rates.domain.plans import Plan
from rates.domain.quotes import BySession, Quote, change_pct, quotes_of
from rates.domain.staleness import repeated
from rates.domain.verdicts import (
    AGREES_ON_A_PEG,
    DISAGREES,
    Verdict,
    Vote,
    disputed,
    distance,
    judge,
    middle,
    told,
    votes,
)

CROSS_UNCERTAINTY = Fraction(5, 10_000)
"""Numbers less exact than 0.05 % may confirm, but are not shown in an authority's place."""

AWAY_AFTER_SESSIONS = 5
"""An authority is away when others have fixed so many sessions on its working days, a week of them, since its last one."""


@dataclass(frozen=True, slots=True)
class Session:
    """What one session fixed of a pair, as the line shows it while no other is newer.

    Attributes:
        fixing: its label is the first that the session had.
        status: OK or UNCONFIRMED; held and suspect numbers are of no session.
        worth: the value, exact.
        printed: what it follows from, as the source printed it, for people.
    """

    fixing: Fixing
    status: Status
    worth: Fraction
    printed: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """A source's believed numbers, oldest session first, and what is thought of its newest one."""

    believed: tuple[tuple[Quote, Verdict], ...]
    newest: Quote
    verdict: Verdict


def derive(plan: Plan, observations: Collection[Observation]) -> Line | None:
    """Return the line of a pair from all known observations of all sources, in any order.

    The value is the last believed revision of the authority's newest session; the change is against its session before.
    When the newest number of all is not believed, the last believed line stays, held or suspect, with a note. When the
    authority has been away, the first of the fallbacks that has gone on stands in, with changes of its own only. None
    while nothing is believed.
    """
    said = {bank: quotes_of(bank, plan.pair, observations) for bank in plan.sources}
    if plan.peg is not None:
        return _pegged(plan, plan.peg, said)
    authority_on = max(said[plan.authority], default=None)
    for bank, exact in _gone_on(plan, said, authority_on):
        line = _line(plan, bank, exact, said)
        if line is not None and (authority_on is None or line.fixing.session_on > authority_on):
            return _stand_in(plan, line, authority_on)
    return _line(plan, plan.authority, said[plan.authority], said)


def past(plan: Plan, observations: Collection[Observation]) -> tuple[Session, ...]:
    """Return what each session fixed of a pair, oldest first, from all known observations of all sources in any order.

    A session's number is its last believed revision, by what is known now: a jump that was held on its day is in it once
    the next session confirms it. Where somebody stands in for the authority now, his sessions since its last one follow.
    """
    said = {bank: quotes_of(bank, plan.pair, observations) for bank in plan.sources}
    if plan.peg is not None:
        return tuple(_pegged_past(plan, plan.peg, said))
    own = _told_frozen(
        plan, plan.authority, _sessions(plan, plan.authority, said[plan.authority], said), observations
    )
    authority_on = max(said[plan.authority], default=None)
    for bank, exact in _gone_on(plan, said, authority_on):
        others = _told_frozen(plan, bank, _sessions(plan, bank, exact, said), observations)
        since = [item for item in others if authority_on is None or item.fixing.session_on > authority_on]
        if since:
            return (*own, *since)
    return tuple(own)


def _gone_on(
    plan: Plan, said: dict[Bank, BySession], authority_on: date | None
) -> Iterator[tuple[Bank, BySession]]:
    """Yield the fallbacks that have gone on without the authority, with what they print exactly enough."""
    for bank in plan.fallbacks:
        exact = {day: quotes for day, quotes in said[bank].items() if quotes and _exact(quotes)}
        since = [day for day in exact if authority_on is None or day > authority_on]
        if sum(plan.authority.calendar.works_on(day) for day in since) >= AWAY_AFTER_SESSIONS:
            yield bank, exact


def _sessions(plan: Plan, bank: Bank, own: BySession, said: dict[Bank, BySession]) -> list[Session]:
    judged = _judged(plan, bank, own, said)
    found: list[Session] = []
    previous: Quote | None = None
    for quote, verdict in judged.believed if judged is not None else ():
        status = (
            verdict.status if bank == plan.authority else _standing_in(verdict.status, verdict.confirmed_by)
        )
        # A correction is often labelled later than what it corrects, and holds from the same day on.
        fixing = replace(_fixing(quote, previous), label_on=quote.first_label_on)
        found.append(Session(fixing, status, quote.worth, quote.printed))
        previous = quote
    return found


def _told_frozen(
    plan: Plan, bank: Bank, sessions: Iterable[Session], observations: Iterable[Observation]
) -> list[Session]:
    """Say of the sessions in which a bank's frozen server repeated its table that nothing is known of them."""
    leg = bank.legs(plan.pair)[0]
    own = (
        item for item in observations if (item.key, item.base, item.quote) == (bank.key, leg.base, leg.quote)
    )
    frozen = repeated(own)
    return [
        replace(
            item, fixing=replace(item.fixing, change_pct=None, previous_on=None), status=Status.UNCONFIRMED
        )
        if item.fixing.session_on in frozen
        else item
        for item in sessions
    ]


def _exact(quotes: Iterable[Quote]) -> bool:
    return all(quote.rel_uncertainty < CROSS_UNCERTAINTY for quote in quotes)


def _line(plan: Plan, bank: Bank, own: BySession, said: dict[Bank, BySession]) -> Line | None:
    judged = _judged(plan, bank, own, said)
    if judged is None or not judged.believed:
        return None
    current, verdict = judged.believed[-1]
    fixing = _fixing(current, judged.believed[-2][0] if len(judged.believed) > 1 else None)
    if judged.verdict.believed and judged.newest == current:
        note = None if verdict.status is Status.OK else f"{_said(current)} is not confirmed: {verdict.why}"
        return Line(fixing, verdict.status, note, None, verdict.confirmed_by, verdict.outliers)
    newest, why = judged.newest, judged.verdict
    note = f"{_said(newest)} is held ({why.doubt}): {why.why}"
    return Line(fixing, why.status, note, why.doubt, verdict.confirmed_by, why.outliers)


def _judged(plan: Plan, bank: Bank, own: BySession, said: dict[Bank, BySession]) -> _Judged | None:
    """Judge a source's sessions in their order, each against the last one that is believed."""
    days = [day for day, quotes in own.items() if quotes]
    believed: list[tuple[Quote, Verdict]] = []
    newest: tuple[Quote, Verdict] | None = None
    for place, day in enumerate(days):
        previous = believed[-1][0] if believed else None
        following = own[days[place + 1]][-1] if place + 1 < len(days) else None
        heard = _votes(plan, day, said, besides=bank)
        verdicts = [
            (quote, judge(quote, plan.band_on(day), previous=previous, following=following, votes=heard))
            for quote in own[day]
        ]
        newest = verdicts[-1]
        believed += [item for item in verdicts if item[1].believed][-1:]
    return None if newest is None else _Judged(tuple(believed), *newest)


def _votes(plan: Plan, day: date, said: dict[Bank, BySession], *, besides: Bank | None) -> tuple[Vote, ...]:
    origin = besides.origin(plan.pair.base) if besides else None
    heard = ((bank, quotes[day][-1]) for bank, quotes in said.items() if quotes.get(day) and bank != besides)
    return votes(heard, besides=origin, exact=plan.authority.id if plan.peg is not None else None)


def _fixing(current: Quote, previous: Quote | None) -> Fixing:
    near = (
        previous is not None and (current.session_on - previous.session_on).days <= CHANGE_KNOWN_WITHIN_DAYS
    )
    known = previous if near else None
    return Fixing(
        pair=current.pair,
        source=current.bank_id,
        value=rounded(current.worth),
        change_pct=None if known is None else rounded(change_pct(current, known)),
        session_on=current.session_on,
        previous_on=None if known is None else known.session_on,
        label_on=current.label_on,
        revision=current.revision,
        first_seen_at=current.first_seen_at,
        method=current.method,
        rel_uncertainty=rounded(current.rel_uncertainty),
    )


def _stand_in(plan: Plan, line: Line, authority_on: date | None) -> Line:
    """Say that the number is not the authority's; it is sure only where another origin says the same."""
    since = f"has fixed nothing since {authority_on}" if authority_on else "has fixed nothing yet"
    note = f"{plan.authority.id} {since}; this is {line.fixing.source}'s number"
    if line.status is Status.OK:
        return replace(line, status=_standing_in(line.status, line.confirmed_by), note=note)
    return replace(line, note=f"{note}. {line.note}")


def _standing_in(status: Status, confirmed_by: Sequence[str]) -> Status:
    return Status.UNCONFIRMED if status is Status.OK and not confirmed_by else status


def _pegged(plan: Plan, peg: Decimal, said: dict[Bank, BySession]) -> Line | None:
    """Return a declared rate as of the last session in which somebody prints the pair; none while nobody does."""
    heard = _heard_of_peg(plan, said)
    if not heard:
        return None
    day, now = heard[-1]
    return _peg_judged(
        plan, peg, _pegged_fixing(plan, peg, day, _day_before(heard, len(heard) - 1), said), now
    )


def _heard_of_peg(plan: Plan, said: dict[Bank, BySession]) -> list[tuple[date, tuple[Vote, ...]]]:
    """Return the sessions since the declaration in which somebody prints the pair, with what they say."""
    days = sorted({day for quotes in said.values() for day in quotes if quotes[day] and day >= plan.since})
    heard = ((day, _votes(plan, day, said, besides=None)) for day in days)
    return [(day, now) for day, now in heard if now]


def _day_before(heard: Sequence[tuple[date, tuple[Vote, ...]]], place: int) -> date | None:
    return heard[place - 1][0] if place > 0 else None


def _pegged_past(plan: Plan, peg: Decimal, said: dict[Bank, BySession]) -> Iterator[Session]:
    heard = _heard_of_peg(plan, said)
    printed = f"{peg:f} {plan.pair.base} per 1 USD, declared"
    for place, (day, now) in enumerate(heard):
        fixing = _pegged_fixing(plan, peg, day, _day_before(heard, place), said)
        status = _peg_judged(plan, peg, fixing, now).status
        if status not in KEPT_BACK:
            yield Session(fixing, status, 1 / Fraction(peg), printed)


def _pegged_fixing(
    plan: Plan, peg: Decimal, day: date, before: date | None, said: dict[Bank, BySession]
) -> Fixing:
    known = before is not None and (day - before).days <= CHANGE_KNOWN_WITHIN_DAYS
    return Fixing(
        pair=plan.pair,
        source=plan.authority.id,
        value=rounded(1 / Fraction(peg)),
        change_pct=Decimal(0) if known else None,
        session_on=day,
        previous_on=before if known else None,
        label_on=day,
        revision=1,
        first_seen_at=min(quotes[day][-1].first_seen_at for quotes in said.values() if quotes.get(day)),
        method=Method.PEG,
        rel_uncertainty=Decimal(0),
    )


def _peg_judged(plan: Plan, peg: Decimal, fixing: Fixing, now: Sequence[Vote]) -> Line:
    worth = 1 / Fraction(peg)
    agreeing = tuple(vote.by for vote in now if distance(worth, vote.worth) <= AGREES_ON_A_PEG)
    far = tuple(vote.by for vote in now if distance(worth, vote.worth) > DISAGREES)
    if distance(worth, middle(worth, now)) <= AGREES_ON_A_PEG:
        return Line(fixing, confirmed_by=agreeing, outliers=far)
    status = Status.SUSPECT if disputed(worth, now) else Status.UNCONFIRMED
    note = f"the declared {peg:f} {plan.pair.base} per USD is in doubt: {told(now)}"
    return Line(fixing, status, note, None, agreeing, far)


def _said(quote: Quote) -> str:
    return f"{quote.bank_id}'s {quote.printed} of {quote.label_on}"
