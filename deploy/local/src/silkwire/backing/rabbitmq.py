"""A private RabbitMQ node beside whatever the distribution may have started: own folder, own ports, any user."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from silkwire.backing import process
from silkwire.backing.ports import free_port, is_free
from silkwire.errors import StartError

DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
# Debian's command on PATH is a wrapper that changes to the user rabbitmq; the real script lies beside it.
WRAPPER = "rabbitmq-script-wrapper"
EPMD_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 30.0


def find_server() -> Path | None:
    """The `rabbitmq-server` script that runs as any user, or None where RabbitMQ is not installed."""
    on_path = shutil.which("rabbitmq-server")
    if on_path:
        script = Path(on_path).resolve()
        return script.with_name("rabbitmq-server") if script.name == WRAPPER else script
    return DEBIAN if DEBIAN.exists() else None


def greeting(host: str, port: int, timeout_s: float = 2.0) -> str | None:
    """The version an AMQP 0-9-1 server greets with, None while nobody (or somebody else) answers there."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            header = _receive(connection, 7)
            kind, _, size = struct.unpack(">BHI", header)
            start = _receive(connection, min(size, 65536))
    except (OSError, struct.error):
        return None
    if kind != 1:
        return None
    version = re.search(rb"\x07versionS\x00\x00\x00(.)", start, re.DOTALL)
    if not version:
        return "unknown"
    return start[version.end() : version.end() + version[1][0]].decode("ascii", "replace")


def _receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError
        received += part
    return received


def control(script: Path, node: str, environment: dict[str, str], *arguments: str) -> str:
    """Runs `rabbitmqctl` against a node and returns what it printed.

    Raises:
        StartError: It failed; the message holds its own words.
    """
    ran = subprocess.run(
        [str(script), "-q", "-n", node, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if ran.returncode:
        raise StartError(f"rabbitmqctl {arguments[0]} failed: {(ran.stderr or ran.stdout).strip()[:500]}")
    return ran.stdout


@dataclass(frozen=True)
class RabbitNode:
    """A running node of ours."""

    node: str
    port: int
    version: str
    folder: Path
    server: Path
    epmd_port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where clients connect to its default virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def control(self, *arguments: str) -> str:
        """Runs `rabbitmqctl` with `arguments` on this node."""
        script = self.server.with_name("rabbitmqctl")
        return control(script, self.node, _environment(self.folder, self.node, self.epmd_port), *arguments)

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Stops the node in order, then by force; safe to call twice."""
        process.end(self.process, STOP_TIMEOUT_S)
        _end_epmd(self.epmd_port)
        process.PidFile(self.folder / "server.pid").clear()


def start(
    folder: Path,
    *,
    port: int | None = None,
    timeout_s: float = 90.0,
    abandon: threading.Event | None = None,
) -> RabbitNode:
    """Starts a node on `folder`, or continues with the data that an earlier one left there.

    Args:
        folder: Where it keeps everything.
        port: Where clients connect; any free one if not given.
        timeout_s: Seconds it may take to come up.
        abandon: Set by another thread to give up early.

    Raises:
        StartError: RabbitMQ is not installed, or the node did not come up.
    """
    server = find_server()
    if server is None:
        raise StartError(
            "RabbitMQ is not installed on this machine.",
            "Debian or Ubuntu, as root: apt-get install rabbitmq-server",
            "name a running one: --broker amqp://user:password@host/ (or AMQP_URL)",
            "go without: --broker memory",
        )
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    pid_file = process.PidFile(folder / "server.pid")
    pid_file.end_leftover()
    node, old_epmd_port = _identity(folder)
    if old_epmd_port:
        _end_epmd(old_epmd_port)
    port, dist_port, epmd_port = port or free_port(), free_port(), free_port()
    _remember(folder, node, epmd_port)
    environment = _environment(folder, node, epmd_port)
    environment |= {"RABBITMQ_NODE_PORT": str(port), "RABBITMQ_DIST_PORT": str(dist_port)}
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n", encoding="utf-8")
    (folder / "enabled_plugins").write_text("[].\n", encoding="utf-8")
    log = folder / "server.log"
    running = process.spawn([str(server)], env=environment, folder=folder, log=log)
    pid_file.write(running.pid)
    try:
        version = process.wait_for(
            lambda: greeting("127.0.0.1", port),
            running,
            name="RabbitMQ",
            log=log,
            timeout_s=timeout_s,
            abandon=abandon,
        )
    except BaseException:
        process.end(running, STOP_TIMEOUT_S)
        _end_epmd(epmd_port)
        raise
    return RabbitNode(node, port, version, folder, server, epmd_port, running)


def running_url(folder: Path) -> str | None:
    """Where clients connect to the node that runs on `folder` right now; None while none does."""
    try:
        configuration = (folder / "rabbitmq.conf").read_text(encoding="utf-8")
    except OSError:
        return None
    listener = re.search(r"^listeners\.tcp\.1 = 127\.0\.0\.1:(\d+)$", configuration, re.MULTILINE)
    if listener is None or greeting("127.0.0.1", int(listener[1])) is None:
        return None
    return f"amqp://guest:guest@127.0.0.1:{listener[1]}/"


def _environment(folder: Path, node: str, epmd_port: int) -> dict[str, str]:
    # A system-wide configuration must not leak into our node: none of the caller's RABBITMQ_ variables pass.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("RABBITMQ_", "ERL_"))}
    return inherited | {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": node,
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(folder / "node.pid"),
        # An Erlang port mapper of our own: two nodes of two users never meet, and it goes when the node goes.
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(epmd_port),
        # Ours alone: it may be told to end although it has not noticed yet that its node is gone.
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
    }


def _identity(folder: Path) -> tuple[str, int | None]:
    """The node's name, which is also its data folder's, so it must stay; and the last port of its port mapper."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        state = json.loads((folder / "node.json").read_text(encoding="utf-8"))
        return str(state["node"]), int(state["epmd_port"])
    return f"silk-{secrets.token_hex(4)}@localhost", None


def _remember(folder: Path, node: str, epmd_port: int) -> None:
    state = {"node": node, "epmd_port": epmd_port}
    (folder / "node.json").write_text(json.dumps(state), encoding="utf-8")


def _end_epmd(port: int) -> None:
    program = shutil.which("epmd")
    if program:
        command = [program, "-port", str(port), "-kill"]
        ended = subprocess.run(command, capture_output=True, check=False, timeout=10)
        # It says that it will end, and then ends.
        given_up_at = time.monotonic() + EPMD_TIMEOUT_S
        while ended.returncode == 0 and not is_free(port) and time.monotonic() < given_up_at:
            time.sleep(0.01)
