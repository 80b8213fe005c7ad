"""Runs search as a process of its own: `python -m search`."""

from search.app import run
from search.settings import Settings
from shared.service import main

if __name__ == "__main__":
    main("search", Settings, run)
