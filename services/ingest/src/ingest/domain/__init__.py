"""The rules of collecting: pure functions and frozen dataclasses, no network, no clock, no database."""
