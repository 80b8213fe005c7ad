"""Runs gateway as a process: `python -m gateway`."""

from gateway.app import run
from gateway.settings import Settings
from shared.service import main

if __name__ == "__main__":
    main("gateway", Settings, run)
