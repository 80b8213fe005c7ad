"""A few workers, the first started early, others when they are needed; ended when they have worked enough or misbehave."""

import asyncio
import pickle
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog

from ingest.adapters.workers.messages import BadAnswerError, open_answer
from ingest.adapters.workers.process import WorkerEndedError, WorkerProcess
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError

_log = structlog.get_logger()

_GRACE_S = 1.0
"""How much later than the service's own clock a worker's alarm ends it."""

Value = TypeVar("Value")
Others = ParamSpec("Others")


class WorkFailedError(Exception):
    """A worker tripped over a fault of ours."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What a worker may take.

    Attributes:
        seconds: for one document, by the clock.
        memory_bytes: beyond what a worker at rest takes.
        documents: after which a worker is replaced, since memory that was once taken is seldom given back.
    """

    seconds: float = 5.0
    memory_bytes: int = 256 * 1024 * 1024
    documents: int = 1000


class WorkerPool:
    """Runs functions on documents in processes of their own.

    Args:
        size: most processes at the same time.
        limits: of each of them.
        load: modules that a worker loads before its first document.
    """

    def __init__(self, size: int, limits: WorkerLimits, load: Sequence[str] = ()) -> None:
        self._limits = limits
        self._arguments = (str(limits.memory_bytes), str(limits.seconds + _GRACE_S), *load)
        self._room = asyncio.Semaphore(size)
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._early: asyncio.Task[None] | None = None
        self._early_is_awaited = False
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run now."""
        return tuple(worker.pid for worker in (*self._idle, *self._busy) if worker.alive)

    def warm(self) -> None:
        """Begin to start a worker, so that the first document need not wait for its libraries; returns at once."""
        self._early = asyncio.create_task(self._start_early())

    async def _start_early(self) -> None:
        try:
            self._idle.append(await WorkerProcess.start(self._arguments))
        except (OSError, TimeoutError, WorkerEndedError) as error:
            # The next document tries it again, and its poll says so.
            _log.warning("worker_not_started", reason=repr(error)[:200])

    async def run(
        self,
        work: Callable[Concatenate[bytes, Others], Value],
        document: bytes,
        *others: Others.args,
        **none: Others.kwargs,
    ) -> Value:
        """Return what `work` makes of a document; a cancelled caller ends the worker it waits for.

        Args:
            work: a function of a module, pure; what it returns is made of values of the domain.
            document: bytes from outside.
            others: whatever else it needs, small.
            none: named arguments are not passed on.

        Raises:
            UnreadableFeedError: `work` says so, or the document took too much time or memory, or ended the worker.
            WorkFailedError: a fault of ours, or a worker that cannot be started.
        """
        del none
        task = pickle.dumps((work, others), protocol=5)
        async with self._room:
            worker = await self._take()
            self._busy.add(worker)
            try:
                answer = await self._ask(worker, task, document)
            except BaseException:
                self._end(worker)
                raise
            finally:
                self._busy.discard(worker)
            kind, value = self._opened(worker, answer)
        if kind == "done":
            done: Value = value
            return done
        raise _failure(kind, value, self._limits)

    def _opened(self, worker: WorkerProcess, answer: bytes) -> tuple[str, Any]:
        """Open an answer, and keep the worker if it is fit for another document."""
        try:
            kind, value = open_answer(answer)
        except BadAnswerError as error:
            self._end(worker)
            raise WorkFailedError(f"a reply that is none: {error}") from error
        if kind == "memory" or self._closed or worker.documents >= self._limits.documents:
            self._end(worker)
        else:
            self._idle.append(worker)
        return kind, value

    async def _take(self) -> WorkerProcess:
        """Return the worker that was used last, so that a quiet service keeps only one awake."""
        if self._early is not None and not self._idle and not self._early_is_awaited:
            self._early_is_awaited = True
            await asyncio.wait({self._early})
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._end(worker)
        try:
            return await WorkerProcess.start(self._arguments)
        except (OSError, TimeoutError, WorkerEndedError) as error:
            raise WorkFailedError(f"a worker cannot be started: {error!r}") from error

    async def _ask(self, worker: WorkerProcess, task: bytes, document: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await worker.ask(task, document)
        except TimeoutError:
            raise _too_slow(self._limits) from None
        except WorkerEndedError as error:
            if error.code == -signal.SIGALRM:
                raise _too_slow(self._limits) from None
            raise UnreadableFeedError(Reason.PARSE_CRASH, f"its worker ended: {error}") from error

    def _end(self, worker: WorkerProcess) -> None:
        worker.kill()
        ending = asyncio.create_task(worker.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def close(self) -> None:
        """End all workers, and wait until none is left."""
        self._closed = True
        if self._early is not None:
            self._early.cancel()
            await asyncio.wait({self._early})
        for worker in (*self._idle, *self._busy):
            self._end(worker)
        self._idle.clear()
        await asyncio.gather(*self._endings, return_exceptions=True)


def _too_slow(limits: WorkerLimits) -> UnreadableFeedError:
    return UnreadableFeedError(Reason.PARSE_TIMEOUT, f"not read within {limits.seconds:g} s")


def _failure(kind: str, value: object, limits: WorkerLimits) -> Exception:
    if kind == "unreadable" and isinstance(value, tuple):
        reason, detail = value
        return UnreadableFeedError(Reason(reason), str(detail))
    if kind == "memory":
        return UnreadableFeedError(Reason.PARSE_MEMORY, f"needs more than {limits.memory_bytes >> 20} MiB")
    _log.error("worker_failed", outcome="error", trace=str(value)[-2000:])
    return WorkFailedError(str(value).strip().rsplit("\n", 1)[-1][:200])
