"""Runs search as a process of its own: `python -m search`; or `python -m search migrate`, which prepares the record."""

import sys

from search.app import migrate, run
from search.settings import Settings
from shared.service import main

if __name__ == "__main__":
    main("search", Settings, migrate if sys.argv[1:] == ["migrate"] else run)
