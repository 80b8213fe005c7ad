"""Several test processes at once, by pytest-xdist's `--dist loadgroup`: one set of servers, and who runs what.

The controller starts the servers once the first worker has collected and before any test is handed out; see Backing.
"""

from typing import TYPE_CHECKING, Any

import pytest

from tests.backing import Backing

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

TIME_LIMIT_S = 120.0


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

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Keeps together what shares a costly fixture."""
        group = _group(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Any:
        """Lets the longest tests start first, all else in its random order."""
        result = yield
        items.sort(key=_time_limit_s, reverse=True)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Takes over the controller's servers."""
        self.backing.join()

    def pytest_sessionfinish(self) -> None:
        """Hands the record over."""
        self.output["backing"] = self.backing.record()


def _group(item: pytest.Item) -> str | None:
    """The name of those tests that must run in one process, or None: this one may run anywhere."""
    if item.nodeid.startswith("tests/unit/") or _time_limit_s(item) > TIME_LIMIT_S:
        # Those of a few milliseconds are sent a whole file at once. Those of a raised limit start whole systems: more
        # of them at a time than there are files only wait for one another's processors.
        return item.nodeid.partition("::")[0]
    if not isinstance(item, pytest.Function):
        return None
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    shared = [
        f"{definition.baseid}:{name}:{parameters.get(name, '')}"
        for name, definitions in item._fixtureinfo.name2fixturedefs.items()
        for definition in definitions[-1:]
        if definition.scope in {"module", "package", "session"} and definition.baseid.startswith("tests/")
    ]
    return min(shared, default=None)


def _time_limit_s(item: pytest.Item) -> float:
    limit = item.get_closest_marker("timeout")
    return float(limit.args[0]) if limit else TIME_LIMIT_S
