"""The things that run: services as processes or as tasks, backing servers. One protocol for all of them."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from silkwire.backing.process import end_group, last_line
from silkwire.errors import StartError
from silkwire.folder import DataFolder

# A service finishes its work in hand within 20 s; what still runs after this is ended by force.
STOP_S = 25.0
LOOK_S = 0.3
# The runner's exit code for a wrong setting; importing it would load the web framework into the supervisor.
EXIT_WRONG_SETTING = 2
Made = TypeVar("Made")


class Part(Protocol):
    """Something that runs until it is stopped, or until it dies."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    async def start(self) -> None:
        """Starts it, for the first time or again.

        Raises:
            StartError: It cannot be started here.
        """
        ...

    async def ended(self) -> str:
        """Waits until it has ended by itself, and says why.

        Raises:
            StartError: Starting it again would end the same way.
        """
        ...

    async def stop(self) -> None:
        """Stops it, within a bound; does nothing if it does not run."""
        ...


async def finish(work: Awaitable[Made], on_cancel: Callable[[], None] = lambda: None) -> Made:
    """Awaits `work` to its end even when cancelled meanwhile, so that nothing is started and then forgotten."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        on_cancel()
        # Its own error, if it ends with one, tells no more than that it was told to give up.
        await asyncio.gather(task, return_exceptions=True)
        raise


class ServiceProcess:
    """A process of our own, with its log in the data folder."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], folder: DataFolder
    ) -> None:
        self.name = name
        self.log = folder.log(name)
        self._command = command
        self._environment = environment
        self._folder = folder.path
        self._pid_file = folder.pid_file(name)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it in a process group of its own: Ctrl-C reaches only us, who stop everything in order."""
        await finish(self._spawn())

    async def _spawn(self) -> None:
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write(self._process.pid)

    async def ended(self) -> str:
        """Waits until the process has ended, and says why."""
        if self._process is None:
            return "it was not started"
        code = await self._process.wait()
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        if code == EXIT_WRONG_SETTING:
            raise StartError(f"{self.name} refuses its settings. {last_line(self.log)}")
        return f"exit code {code}: {last_line(self.log)}"

    async def stop(self) -> None:
        """Asks it to stop, and after 25 s ends its whole group."""
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                end_group(process.pid, signal.SIGKILL)
                await process.wait()
        self._pid_file.clear()


class ServiceTask:
    """A service inside this process.

    Args:
        name: What people call it.
        run: Runs it until the event that it is given is set.
    """

    def __init__(self, name: str, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self.name = name
        self._run = run
        self._stop = asyncio.Event()
        self._task: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Starts it with a stop event of its own."""
        self._stop = asyncio.Event()
        self._task = asyncio.ensure_future(self._run(self._stop))

    async def ended(self) -> str:
        """Waits until it has returned or crashed."""
        if self._task is None:
            return "it was not started"
        await asyncio.wait({self._task})
        error = None if self._task.cancelled() else self._task.exception()
        return "it returned" if error is None else f"{type(error).__name__}: {error}"

    async def stop(self) -> None:
        """Sets its stop event, and after 25 s cancels it."""
        self._stop.set()
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=STOP_S)
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=1)


class Server(Protocol):
    """A running backing server."""

    @property
    def version(self) -> str:
        """Its version."""
        ...

    @property
    def port(self) -> int:
        """Its TCP port on 127.0.0.1."""
        ...

    def alive(self) -> bool:
        """Whether its process runs."""
        ...

    def stop(self) -> None:
        """Stops it; blocks until it has stopped."""
        ...


class BackingServer:
    """A backing server of our own; it is started and stopped in a thread, because that blocks.

    Args:
        name: What people call it.
        start: Starts it; gives up early when the event it is given is set.
    """

    def __init__(self, name: str, start: Callable[[threading.Event], Server]) -> None:
        self.name = name
        self._server: Server | None = None
        self._start = start
        self._abandon = threading.Event()

    @property
    def running(self) -> Server:
        """The server, once it was started."""
        if self._server is None:
            raise StartError(f"{self.name} was not started.")
        return self._server

    async def start(self) -> None:
        """Starts it and waits until it answers."""
        await finish(asyncio.to_thread(self._make), on_cancel=self._abandon.set)

    def _make(self) -> None:
        self._server = self._start(self._abandon)

    async def ended(self) -> str:
        """Waits until its process has ended."""
        while self._server is not None and self._server.alive():  # noqa: ASYNC110  a process gives no event
            await asyncio.sleep(LOOK_S)
        return "its process is gone"

    async def stop(self) -> None:
        """Stops it in order."""
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)
