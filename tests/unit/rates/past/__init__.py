"""Rates without a network or a database."""
