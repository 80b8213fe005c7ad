"""Whether a number is believed: by its band, by the session before, and by what others say of the same session.

Numbers are confirmed, never averaged: a blend is no bank's number, and readers who compare call it wrong. The thresholds
are those of the facts: two percent, since official and market rates of one day were 0.96 % apart; five percent, since
real rates seldom move so much in a day; and no size at all that would be refused for ever, since devaluations are real.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rates.domain.banks import Bank
from rates.domain.fixings import KEPT_BACK, Band, Doubt, Status
from rates.domain.quotes import Quote

AGREES = Fraction(2, 100)
"""Within this share two numbers say the same."""

AGREES_ON_A_PEG = Fraction(1, 100)

DISAGREES = Fraction(5, 100)
"""Beyond this share a number is another one, be it of others or of the session before."""

DISPUTE = Fraction(1, 100)
"""Two origins as close as this to each other, and both far from the number, dispute it."""

DISPUTERS = 2

VOTE_UNCERTAINTY = Fraction(5, 1000)
"""A number printed more coarsely than this is no witness: NBKR's 0.0073 som per so'm is known to 0.7 % only."""

_NEAR = Fraction(5, 100)
_POWERS = tuple(Fraction(10) ** exponent for exponent in (1, 2, 3, 4))


@dataclass(frozen=True, slots=True)
class Vote:
    """What one origin says of one session; `by` is the source that prints it most exactly."""

    origin: str
    by: str
    worth: Fraction


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a number is believed, and why not further.

    Attributes:
        why: for people.
        confirmed_by: sources that say the same.
        outliers: sources whose numbers are far off, be it by a slip of theirs.
    """

    status: Status
    doubt: Doubt | None = None
    why: str = ""
    confirmed_by: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()

    @property
    def believed(self) -> bool:
        """Whether the number may be shown, and be the one before another."""
        return self.status not in KEPT_BACK


def votes(
    quotes: Iterable[tuple[Bank, Quote]], *, besides: str | None = None, exact: str | None = None
) -> tuple[Vote, ...]:
    """Return one vote per origin, by name.

    Args:
        quotes: what each source says.
        besides: the origin whose number is judged, and which does not vote.
        exact: the source whose few digits are all there are: the peg's own bank prints 3.5.
    """
    best: dict[str, Quote] = {}
    for bank, quote in quotes:
        origin = bank.origin(quote.pair.base)
        coarse = quote.rel_uncertainty >= VOTE_UNCERTAINTY and bank.id != exact
        if origin == besides or coarse:
            continue
        if origin not in best or _exactness(quote) < _exactness(best[origin]):
            best[origin] = quote
    return tuple(Vote(origin, best[origin].bank_id, best[origin].worth) for origin in sorted(best))


def _exactness(quote: Quote) -> tuple[Fraction, str]:
    return (quote.rel_uncertainty, quote.bank_id)


def judge(
    quote: Quote, band: Band, *, previous: Quote | None, following: Quote | None, votes: Sequence[Vote]
) -> Verdict:
    """Judge one number.

    Args:
        quote: the number.
        band: what a dollar is believed to cost.
        previous: the last believed number of an earlier session of the same source.
        following: the same source's number of the next session: a second document that confirms a jump.
        votes: what others say of the same session, one per origin.
    """
    usable = [vote for vote in votes if _slip(vote.worth, quote.worth) is None]
    agreeing = tuple(vote.by for vote in usable if distance(quote.worth, vote.worth) <= AGREES)
    far = tuple(vote.by for vote in votes if distance(quote.worth, vote.worth) > DISAGREES)
    jumped_from = (
        previous if previous is not None and distance(quote.worth, previous.worth) > DISAGREES else None
    )
    found = _doubt(quote, band, jumped_from, usable)
    if found is Doubt.IMPLAUSIBLE and (agreeing or (previous is not None and jumped_from is None)):
        found = None
    if found is Doubt.JUMP and (agreeing or quote.seen_again or _goes_on(quote, following)):
        found = None
    if found is not None:
        status = Status.SUSPECT if found is Doubt.DISPUTED else Status.HELD
        return Verdict(status, found, _why(found, quote, band, jumped_from, usable), outliers=far)
    if usable and distance(quote.worth, middle(quote.worth, usable)) > AGREES:
        return Verdict(Status.UNCONFIRMED, None, told(usable), agreeing, far)
    if not band.holds(quote.per_dollar) and not agreeing:
        return Verdict(Status.UNCONFIRMED, None, f"it has drifted {_band_text(band)}", outliers=far)
    return Verdict(Status.OK, confirmed_by=agreeing, outliers=far)


def _doubt(quote: Quote, band: Band, jumped_from: Quote | None, votes: Sequence[Vote]) -> Doubt | None:
    """Return the worst that can be said of a number, before anything speaks for it."""
    # The session before tells better than the band: a hundredth of 9.345 is about one over 10 too.
    slip = _slip(quote.worth, jumped_from.worth) if jumped_from else None
    slip = slip or _slip_by_band(quote, band)
    if slip is not None:
        return slip
    if disputed(quote.worth, votes):
        return Doubt.DISPUTED
    if not band.holds(quote.per_dollar):
        return Doubt.IMPLAUSIBLE
    return None if jumped_from is None else Doubt.JUMP


def _why(found: Doubt, quote: Quote, band: Band, jumped_from: Quote | None, votes: Sequence[Vote]) -> str:
    if found is Doubt.DISPUTED:
        return told(votes)
    if not band.holds(quote.per_dollar) or jumped_from is None:
        return _band_text(band)
    before = f"{_digits(jumped_from.per_dollar)} per USD in the session of {jumped_from.session_on}"
    if found is Doubt.JUMP:
        return f"after {before}, and neither another origin nor a later fetch says the same yet"
    return f"after {before}"


def distance(one: Fraction, other: Fraction) -> Fraction:
    """Return how far a number is from another, as a share of the other."""
    return abs(one / other - 1)


def middle(worth: Fraction, votes: Sequence[Vote]) -> Fraction:
    """Return the middle of the votes; of two in the middle, the one nearer to the number that is judged."""
    ordered = sorted(vote.worth for vote in votes)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return min(ordered[half - 1 : half + 1], key=lambda other: distance(worth, other))


def disputed(worth: Fraction, votes: Sequence[Vote]) -> bool:
    """Return whether the middle of the votes is far off, and two origins agree on a number far off."""
    if len(votes) < DISPUTERS or distance(worth, middle(worth, votes)) <= DISAGREES:
        return False
    far = [vote.worth for vote in votes if distance(worth, vote.worth) > DISAGREES]
    return any(distance(one, other) <= DISPUTE for place, one in enumerate(far) for other in far[place + 1 :])


def told(votes: Sequence[Vote]) -> str:
    """Say for people what others say, per dollar."""
    numbers = (f"{vote.by} {_digits(1 / vote.worth)}" for vote in votes)
    return f"others of the same session, per dollar: {', '.join(numbers)}"


def _slip_by_band(quote: Quote, band: Band) -> Doubt | None:
    """Tell a slip from a number that is only strange: turned round, or off by a power of ten, it would be good."""
    if band.holds(quote.per_dollar):
        return None
    if band.holds(quote.worth):
        return Doubt.INVERTED
    powers = any(band.holds(quote.per_dollar * ten) or band.holds(quote.per_dollar / ten) for ten in _POWERS)
    return Doubt.NOMINAL if powers else None


def _slip(worth: Fraction, other: Fraction) -> Doubt | None:
    """Say whether one number is the other turned round, or some power of ten of it."""
    if distance(worth, other) <= _NEAR:
        return None
    if distance(worth * other, Fraction(1)) <= _NEAR:
        return Doubt.INVERTED
    ratio = worth / other
    off = any(distance(ratio, ten) <= _NEAR or distance(1 / ratio, ten) <= _NEAR for ten in _POWERS)
    return Doubt.NOMINAL if off else None


def _goes_on(quote: Quote, following: Quote | None) -> bool:
    return following is not None and distance(following.worth, quote.worth) <= DISAGREES


def _band_text(band: Band) -> str:
    return f"outside {band.low:f} to {band.high:f} per USD"


def _digits(number: Fraction) -> str:
    """Six significant digits without an exponent."""
    whole = len(str(int(number)))
    places = max(0, 6 - whole)
    scaled = round(number * 10**places)
    text = str(scaled).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}" if places else text
