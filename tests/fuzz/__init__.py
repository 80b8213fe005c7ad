"""Throws broken documents at the rules that read what comes from outside, until the time is up.

`make fuzz TARGET=parse SECONDS=600`. A target is a module `target_NAME.py` with `one_input(data: bytes) -> None`, which
returns or raises only what that rule may raise to nobody; `seeds()`, where it has one, gives documents to begin with.
What was found becomes a case in tests/unit.
"""
