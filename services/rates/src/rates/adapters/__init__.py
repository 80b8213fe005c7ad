"""Rates' ways to the outside: banks over HTTP, MongoDB."""
