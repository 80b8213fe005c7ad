"""Processes in which documents from outside are read, so that a hostile one can hurt only the process it is read in.

pool.py      the service's side: starts processes when they are needed, bounds their time, replaces them
process.py   one process as the service sees it
messages.py  what passes between the two
main.py      the process itself
limits.py    what it may take and touch

A process knows nothing worth stealing: it is given no settings, and no open file but its two pipes.
"""

from ingest.adapters.workers.pool import WorkerLimits, WorkerPool

__all__ = ["WorkerLimits", "WorkerPool"]
