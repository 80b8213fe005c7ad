"""Runs ingest as a process: `python -m ingest`."""

from ingest.app import run
from ingest.settings import Settings
from shared.service import main

if __name__ == "__main__":
    main("ingest", Settings, run)
