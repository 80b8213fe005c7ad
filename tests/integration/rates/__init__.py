"""Rates on real servers."""
