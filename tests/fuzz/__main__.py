"""`make fuzz`: python -m tests.fuzz TARGET [--seconds N] [--slow S] [--seed N] [--keep DIR].

Uses atheris, which is led by the code that it reaches, where it is installed (`pip install atheris`; it has no wheel for
every Python); else real documents are broken by chance in many ways (mutate.py), which needs nothing.
"""

import argparse
import hashlib
import importlib
import importlib.util
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import documents

TARGETS = ("decode", "parse", "dates", "url", "rates")


def main(arguments: Sequence[str]) -> int:
    """Run one target until the time is up or something is found; 0 when nothing was."""
    asked = _read(arguments)
    name = f"tests.fuzz.target_{asked.target}"
    if importlib.util.find_spec(name) is None:
        print(f"There is no {name.replace('.', '/')}.py yet.", file=sys.stderr)  # noqa: T201  a command line prints
        return 2
    target = importlib.import_module(name)
    if importlib.util.find_spec("atheris") is not None:
        return _led(target, asked)
    return _by_chance(target, asked)


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Throws broken documents at a rule.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60, help="how long")
    parser.add_argument(
        "--slow", type=float, default=2, help="seconds of CPU from which one document counts as found"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--keep", type=Path, default=Path("/tmp"), help="folder for what is found")  # noqa: S108  or another
    return parser.parse_args(arguments)


def _seeds(target: ModuleType) -> list[bytes]:
    own: Callable[[], Iterator[bytes]] = getattr(target, "seeds", documents)
    return list(own()) or [b""]


def _by_chance(target: ModuleType, asked: argparse.Namespace) -> int:
    chance = random.Random(asked.seed)  # noqa: S311  a run can be repeated; it is no secret
    seeds = _seeds(target)
    ends, tried, slowest = time.monotonic() + asked.seconds, 0, 0.0
    while time.monotonic() < ends:
        data = mutated(chance, seeds)
        began = time.process_time()
        try:
            target.one_input(data)
        except Exception:  # noqa: BLE001  whatever it is, it was found
            return _found(asked, data, traceback.format_exc())
        took_s = time.process_time() - began
        tried, slowest = tried + 1, max(slowest, took_s)
        if took_s > asked.slow:
            return _found(asked, data, f"{took_s:.1f} s of CPU")
    say = f"{asked.target}: {tried:,} documents from {len(seeds)} seeds, seed {asked.seed}, slowest {slowest:.2f} s; nothing found"
    print(say)  # noqa: T201  a command line prints
    return 0


def _found(asked: argparse.Namespace, data: bytes, what: str) -> int:
    asked.keep.mkdir(parents=True, exist_ok=True)
    file = asked.keep / f"silkwire-fuzz-{asked.target}-{hashlib.sha256(data).hexdigest()[:12]}"
    file.write_bytes(data)
    print(f"{asked.target}: FOUND, seed {asked.seed}\n{what}\n{file}")  # noqa: T201  a command line prints
    return 1


def _led(target: ModuleType, asked: argparse.Namespace) -> int:
    atheris = importlib.import_module("atheris")
    corpus = asked.keep / f"silkwire-fuzz-corpus-{asked.target}"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in _seeds(target):
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = [
        f"-max_total_time={asked.seconds:.0f}",
        f"-timeout={max(1, round(asked.slow))}",
        "-rss_limit_mb=2048",
    ]
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], str(corpus), *options, f"-seed={asked.seed}"], target.one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
