"""Run rates as a process: `python -m rates`."""

from rates.app import run
from rates.settings import Settings
from shared.service import main

if __name__ == "__main__":
    main("rates", Settings, run)
