"""What can keep the system from starting, each with the way out."""


class SilkwireError(Exception):
    """Something on this machine stands in the way."""


class StartError(SilkwireError):
    """A part cannot start here.

    Attributes:
        problem: What is wrong, in one sentence.
        way_out: What the reader can do about it, one suggestion per line.
    """

    def __init__(self, problem: str, *way_out: str) -> None:
        self.problem = problem
        self.way_out = way_out
        super().__init__("\n".join([problem, *(f"  - {line}" for line in way_out)]))


class OptionError(StartError):
    """An option cannot be what it was given as, or not beside another one."""
