"""A worker: reads one document after the other from its standard input until that ends, and replies on its output.

python -m ingest.adapters.workers.main BYTES SECONDS MODULE...

It ends itself when a document takes too long, also when the service that waited for it is long dead.
"""

import gc
import importlib
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import BinaryIO

from ingest.adapters.workers.limits import keep_inside, limit_memory
from ingest.adapters.workers.messages import ASK, READY, pack_answer
from ingest.domain.fetching.outcomes import UnreadableFeedError


def main(arguments: Sequence[str]) -> None:
    """Work until the service closes the pipe.

    Args:
        arguments: bytes of memory beyond what a worker at rest has; seconds for one document; modules to load first.
    """
    memory_bytes, seconds, *modules = arguments
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    _silence()
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # what is loaded stays, so the collector need not look at it again and again
    limit_memory(int(memory_bytes))
    keep_inside()
    _send(answers, READY)
    while _one(tasks, answers, float(seconds)):
        pass


def _silence() -> None:
    """Take the pipes from whatever prints or reads by itself."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _one(tasks: BinaryIO, answers: BinaryIO, seconds: float) -> bool:
    """Do one task; False when there is no other, or when this process should not be used for another."""
    head = tasks.read(ASK.size)
    if len(head) < ASK.size:
        return False
    task_bytes, document_bytes = ASK.unpack(head)
    # The signal's default action is the end of the process, which no code in it can put off.
    signal.setitimer(signal.ITIMER_REAL, seconds)
    answer, goes_on = _answer(tasks.read(task_bytes), tasks.read(document_bytes))
    signal.setitimer(signal.ITIMER_REAL, 0)
    _send(answers, answer)
    return goes_on


def _answer(task: bytes, document: bytes) -> tuple[bytes, bool]:
    try:
        work, others = pickle.loads(task)  # noqa: S301  the service's own words, which we have to trust
        return pack_answer("done", work(document, *others)), True
    except UnreadableFeedError as error:
        return pack_answer("unreadable", (error.reason, error.detail)), True
    except MemoryError:
        return pack_answer("memory", None), False
    except Exception:  # noqa: BLE001  whatever it is is the service's to tell
        return pack_answer("fault", traceback.format_exc(limit=-8)), True


def _send(answers: BinaryIO, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[answers.write(view) :]


if __name__ == "__main__":
    main(sys.argv[1:])
