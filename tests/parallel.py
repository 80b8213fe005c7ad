"""Several test processes at once, by pytest-xdist's `--dist loadfile`: one set of servers for all of them.

The controller starts the servers once the first worker has collected and before any test is handed out; see Backing.
"""

from typing import TYPE_CHECKING, Any

import pytest

from tests.backing import Backing

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class Controller:
    """Starts the servers for the workers and sums up what they did; idle where one process does everything."""

    def __init__(self, backing: Backing) -> None:
        self.backing = backing

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: "WorkerController") -> None:
        """Tells a worker where the controller's folder is."""
        node.workerinput["backing_folder"] = str(self.backing.folder or self.backing.open_folder())

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Starts the servers; tests are handed out only when this has returned for every worker."""
        self.backing.answer()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: "WorkerController") -> None:
        """Adds a worker's record; one that crashed leaves none."""
        record: dict[str, Any] | None = getattr(node, "workeroutput", {}).get("backing")
        if record is not None:
            self.backing.add(record)


class Worker:
    """Asks for servers, finds them before a test, and hands its record over."""

    def __init__(self, config: pytest.Config, backing: Backing) -> None:
        self.backing = backing
        self.output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]  # given by xdist

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Takes over the controller's servers."""
        self.backing.join()

    def pytest_sessionfinish(self) -> None:
        """Hands the record over."""
        self.output["backing"] = self.backing.record()
