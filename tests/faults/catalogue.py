"""Every experiment there is, by its key; an experiment is a function of a plan that returns a result."""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.report import Result
from tests.faults.rig import Plan

Run = Callable[[Plan], Awaitable[Result]]

_MODULES = (
    "broker",
    "pressure",
    "processes",
    "poison",
    "retries",
    "duplicates",
    "database",
    "network",
    "hostile_web",
    "slow_web",
    "bombs",
    "documents",
    "clocks",
    "controls",
)


@dataclass(frozen=True, slots=True)
class Experiment:
    """One row of the fault matrix.

    Attributes:
        key: such as `E2`; `C1` for a control.
        title: the fault in a few words.
        run: does it.
        quick: whether it belongs to the short run.
        control: a safeguard is taken away, so something must go wrong.
        limit_s: seconds after which it has broken down.
        alone: nothing else may run meanwhile: it measures this very process, takes a safeguard away from it, or keeps two
            cores so busy that in company a service is not ready in time.
    """

    key: str
    title: str
    run: Run
    quick: bool
    control: bool
    limit_s: float
    alone: bool

    @property
    def order(self) -> tuple[bool, int]:
        """Where it stands in the table."""
        return self.control, int(self.key[1:])


EXPERIMENTS: dict[str, Experiment] = {}


def experiment(
    key: str,
    title: str,
    *,
    quick: bool = True,
    control: bool = False,
    limit_s: float = 400,
    alone: bool = False,
) -> Callable[[Run], Run]:
    """Enter a function into the catalogue."""

    def enter(run: Run) -> Run:
        assert key not in EXPERIMENTS, key
        EXPERIMENTS[key] = Experiment(key, title, run, quick, control, limit_s, alone or control)
        return run

    return enter


def load() -> list[Experiment]:
    """Return all of them, in order."""
    for module in _MODULES:
        importlib.import_module(f"tests.faults.experiments.{module}")
    return sorted(EXPERIMENTS.values(), key=lambda one: one.order)
