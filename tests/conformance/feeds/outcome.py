"""How files with known answers came out, and the table that says so."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["passed", "not asked", "by decision", "failed"]
"""As expected; asks for what we do not extract; differs by one of our rules; differs."""

VERDICTS: tuple[Verdict, ...] = ("passed", "not asked", "by decision", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file came out.

    Attributes:
        verdict: see `Verdict`.
        why: the rule, what is not extracted, or what differs; empty for `passed`.
    """

    verdict: Verdict
    why: str = ""


PASSED = Outcome("passed")


@dataclass
class Book:
    """All outcomes, by set."""

    sets: dict[str, list[tuple[str, Outcome]]] = field(default_factory=lambda: defaultdict(list))

    def enter(self, name: str, file: str, outcome: Outcome) -> None:
        """Note how a file of a set came out."""
        self.sets[name].append((file, outcome))

    def failures(self, name: str) -> list[str]:
        """Return a line for each file of a set that differs."""
        return [f"{file}: {outcome.why}" for file, outcome in self.sets[name] if outcome.verdict == "failed"]

    def table(self) -> Iterator[str]:
        """Give the lines of the table, then the reasons of each set."""
        if not self.sets:
            return
        width = max(map(len, self.sets))
        yield f"{'set':{width}}  {'files':>6}" + "".join(f"  {one:>11}" for one in VERDICTS)
        for name, rows in self.sets.items():
            counts = Counter(outcome.verdict for _, outcome in rows)
            yield f"{name:{width}}  {len(rows):6}" + "".join(f"  {counts[one]:11}" for one in VERDICTS)
        for name, rows in self.sets.items():
            reasons = Counter((outcome.verdict, outcome.why) for _, outcome in rows if outcome.why)
            if reasons:
                yield ""
                yield f"{name}:"
            order = sorted(reasons.items(), key=lambda one: (VERDICTS.index(one[0][0]), -one[1]))
            for (verdict, why), count in order:
                yield f"  {count:5} {verdict}: {why}"
