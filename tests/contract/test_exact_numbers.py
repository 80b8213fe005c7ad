"""No number of money is ever a float: in the code of rates, in what it says, and in what others may say to it.

A rule of names, checked on the syntax tree: seconds may be floats where their name says so (`..._s`), everything else
is Decimal, whole numbers and text.
"""

import ast
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import rates
import shared.contracts
from shared.contracts.http.rates import TickerEntry
from shared.contracts.rates import DecimalText, RateFixed

RATES = Path(rates.__file__).parent
CONTRACTS = Path(shared.contracts.__file__).parent
OF_TIMES = frozenset({"app.py", "domain/schedule.py", "pipeline/follow.py"})
"""Modules of rates that reckon with seconds and never touch a number of money; they import no Decimal."""

FLOATING = frozenset({"cmath", "math", "numpy", "statistics"})


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """Each node's parent."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def says_seconds(name: str) -> bool:
    """Whether a name promises seconds."""
    return name.lower().endswith("_s") or name == "seconds"


def is_seconds(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether a float stands where the nearest name that gets it says seconds."""
    below, at = node, above.get(node)
    while at is not None:
        match at:
            case ast.arguments() as them:
                return says_seconds(argument_of(them, below))
            case ast.arg(arg=name) | ast.keyword(arg=str(name)) | ast.AnnAssign(target=ast.Name(id=name)):
                if says_seconds(name):
                    return True
            case ast.Assign(targets=[ast.Name(id=name)]):
                return says_seconds(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                return says_seconds(name)
        below, at = at, above.get(at)
    return False


def argument_of(them: ast.arguments, part: ast.AST) -> str:
    """The name of the argument that this is, or that it is the default of."""
    placed = [*them.posonlyargs, *them.args]
    pairs = [
        *zip(placed[::-1], them.defaults[::-1], strict=False),
        *zip(them.kwonlyargs, them.kw_defaults, strict=True),
    ]
    if isinstance(part, ast.arg):
        return part.arg
    return next((argument.arg for argument, default in pairs if default is part), "")


def breaches(source: str, *, of_times: bool = False) -> Iterator[str]:
    """What in a module makes, names or lets in a float that is not seconds."""
    tree = ast.parse(source)
    above = parents(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="float")):
                yield f"{node.lineno}: float()"
            case ast.Constant(value=float()) | ast.Name(id="float") if not (
                of_times or is_seconds(node, above)
            ):
                yield f"{node.lineno}: {ast.unparse(node)}"
            case ast.Call(func=ast.Attribute(attr="loads" | "load", value=ast.Name(id="json"))):
                how = {word.arg: ast.unparse(word.value) for word in node.keywords}
                if how.get("parse_float") not in {"Decimal", "str"}:
                    yield f"{node.lineno}: json without parse_float"
            case ast.Import(names=names):
                yield from (f"{node.lineno}: {one.name}" for one in names if one.name in FLOATING)
            case ast.ImportFrom(module=str(module)) if module in FLOATING or (
                of_times and module == "decimal"
            ):
                yield f"{node.lineno}: {module}"


def modules() -> list[tuple[str, Path]]:
    """Every module of rates, and the contracts that speak of rates."""
    own = [(path.relative_to(RATES).as_posix(), path) for path in RATES.rglob("*.py")]
    said = [(f"contracts/{path.relative_to(CONTRACTS).as_posix()}", path) for path in CONTRACTS.rglob("*.py")]
    return own + [
        one for one in said if one[1].stem == "rates" or "contracts.rates import" in one[1].read_text("utf-8")
    ]


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _path in modules()])
def test_no_number_of_money_is_a_float(name: str, path: Path) -> None:
    """A float in one place makes 0.1 + 0.2 of a central bank's rate; seconds are named `..._s`, or OF_TIMES has them."""
    assert list(breaches(path.read_text("utf-8"), of_times=name in OF_TIMES)) == []


@pytest.mark.parametrize(
    "source",
    [
        "RATE = 0.0119",
        "def rate() -> float: ...",
        "def convert(amount: float) -> None: ...",
        "value = float('1')",
        "def convert(amount=1.5, *, within_s=2.0): ...",
        "class Rate:\n    value: float",
        "wait(lease_s=1, rate=1.5)",
        "import json\nrows = json.loads(raw)",
        "import json\nrows = json.loads(raw, parse_float=float)",
        "import math",
        "from math import log10",
    ],
)
def test_the_check_finds_every_way_to_a_float(source: str) -> None:
    """A check that finds nothing anywhere would pass too."""
    assert list(breaches(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "RETRY_S = 1.0",
        "def pause(*, within_s: float) -> None: ...",
        "def pause(first, second=1, within_s: float = 0.5): ...",
        "def router(*, first=None, answers_within_s: float = 5.0): ...",
        "def lease(seconds: float) -> int: ...",
        "def delay_s(failures: int) -> float: ...",
        "class Settings:\n    poll_interval_s: float = Field(default=900, ge=0.1)",
        "wait(lease_s=1.5)",
        "import json\nrows = json.loads(raw, parse_float=str)",
        "RATE = Decimal('0.0119')",
    ],
)
def test_seconds_may_be_floats(source: str) -> None:
    assert list(breaches(source)) == []


def test_a_module_of_times_touches_no_decimals() -> None:
    """Where floats are allowed there is no money."""
    assert list(breaches("from decimal import Decimal\nHALF = 0.5", of_times=True)) == ["1: decimal"]


@pytest.mark.parametrize("number", ["0.0119", "-1", "100", "0.00008235807644476655603231730920"])
def test_a_decimal_travels_as_the_string_it_is(number: str) -> None:
    there = TypeAdapter(DecimalText).validate_json(f'"{number}"')
    assert there == Decimal(number)
    assert TypeAdapter(DecimalText).dump_json(there) == f'"{number}"'.encode()


@pytest.mark.parametrize(
    "said",
    [
        "0.0119",
        "1",
        "8.2e-05",
        '"8.2e-05"',
        '"1,5"',
        '"NaN"',
        '"Infinity"',
        '"+1"',
        '""',
        '" 1"',
        '"\u0661"',
        "true",
    ],
)
def test_a_number_that_was_or_may_become_a_float_is_refused(said: str) -> None:
    """Another producer's float would be believed to the seventeenth digit; so its event is a dead letter instead."""
    with pytest.raises(ValidationError, match="decimal number as a string"):
        TypeAdapter(DecimalText).validate_json(said)


def test_an_event_with_a_float_in_it_is_refused() -> None:
    example = json.loads((CONTRACTS / "examples" / "rate.fixed.v1.json").read_text("utf-8"))
    RateFixed.model_validate(example)
    for field in ("value", "change_pct"):
        with pytest.raises(ValidationError, match=field):
            RateFixed.model_validate({**example, field: float(example[field])})


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("value", 0.0119),
        ("value", "8e-05"),
        ("exact_value", 0.0119),
        ("exact_change_pct", "1E-7"),
        ("change_pct", "-0"),
        ("change_pct", "0.10"),
        ("change_pct", "+1"),
        ("change_pct", "1E+2"),
        ("change_pct", "0.005"),
    ],
)
def test_a_ticker_entry_cannot_say_minus_nought_nor_an_exponent(field: str, wrong: object) -> None:
    """What the page prints is refused at the door of the gateway if rates ever said it."""
    example = json.loads((CONTRACTS / "http" / "examples" / "rate.json").read_text("utf-8"))
    TickerEntry.model_validate(example)
    with pytest.raises(ValidationError, match=field):
        TickerEntry.model_validate({**example, field: wrong})
