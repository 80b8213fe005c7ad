# ruff: noqa: INP001  a helper of the script beside it, not a package
"""What the checks ask of the container engine, through its own command line."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "deploy/containers/sample.yml")
LOOK_S = 0.5
COMMAND_S = 120
HEALTHY_S = 300


class CheckError(Exception):
    """The system does not do what it should."""


def run(program: str, *arguments: str, bound_s: float = COMMAND_S) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        CheckError: It failed; the message ends with its last words.
    """
    command = [shutil.which(program) or program, *arguments]
    done = subprocess.run(  # noqa: S603  programs and arguments are this check's own
        command, capture_output=True, text=True, timeout=bound_s, check=False, cwd=ROOT
    )
    if done.returncode:
        raise CheckError(f"{program} {' '.join(arguments)[:200]}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def wait_for(missing: Callable[[], str], bound_s: float) -> None:
    """Wait until nothing is missing.

    Raises:
        CheckError: Something still is after `bound_s` seconds; the message says what.
    """
    until, pause = time.monotonic() + bound_s, threading.Event()
    while True:
        try:
            still = missing()
        except (OSError, ValueError, KeyError) as error:
            still = f"{type(error).__name__}: {error}"
        if not still:
            return
        if time.monotonic() > until:
            raise CheckError(f"after {bound_s:.0f} s: {still}")
        pause.wait(LOOK_S)


def service_of(container: dict[str, Any]) -> str:
    """Return the name of the service that a container is a replica of."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


class System:
    """The containers of one compose project.

    Args:
        project: its name.
        env_file: its settings.
    """

    def __init__(self, project: str, env_file: Path) -> None:
        self._label = f"label=com.docker.compose.project={project}"
        named = [word for file in FILES for word in ("--file", str(ROOT / file))]
        self._options = ["--project-name", project, "--env-file", str(env_file), *named]

    def compose(self, *arguments: str, bound_s: float = COMMAND_S) -> str:
        """Run compose, of whichever generation."""
        return run(
            "sh", str(ROOT / "deploy/containers/compose.sh"), *self._options, *arguments, bound_s=bound_s
        )

    def containers(self) -> list[dict[str, Any]]:
        """Return what the engine knows of every container of the project."""
        ids = run("docker", "ps", "--all", "--quiet", "--filter", self._label).split()
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", *ids)) if ids else []
        return found

    def of(self, *services: str) -> list[dict[str, Any]]:
        """Return the containers of these services."""
        return [one for one in self.containers() if service_of(one) in services]

    def execute(self, service: str, *command: str) -> str:
        """Run a command inside a replica of a service."""
        return run("docker", "exec", self.of(service)[0]["Id"], *command)

    def gateways(self) -> list[str]:
        """Return the addresses of the gateway's replicas."""
        places = [one["NetworkSettings"]["Ports"]["8000/tcp"][0] for one in self.of("gateway")]
        return sorted(f"http://{place['HostIp']}:{place['HostPort']}" for place in places)

    def wait_healthy(self, services: tuple[str, ...], replicas: int) -> None:
        """Wait until these services have so many healthy replicas, and everything else is well too."""
        wait_for(lambda: self._unwell(services, replicas), HEALTHY_S)

    def _unwell(self, services: tuple[str, ...], replicas: int) -> str:
        found = self.containers()
        counts = {service: sum(service_of(one) == service for one in found) for service in services}
        short = [
            f"{service}: {count} of {replicas}" for service, count in counts.items() if count != replicas
        ]
        unwell = [f"{one['Name']}: {state_of(one)}" for one in found if not well(one)]
        return ", ".join(short + unwell)

    def last_words(self) -> str:
        """Return the end of every container's log."""
        words = [f"--- {one['Name']}\n{last_lines(one['Id'])}" for one in self.containers()]
        return "\n".join(words)


def well(container: dict[str, Any]) -> bool:
    """Tell whether a container is healthy, or has done its one task."""
    state = container["State"]
    if state["Status"] == "exited":
        return bool(state["ExitCode"] == 0)
    health = (state.get("Health") or {}).get("Status", "healthy")
    return (state["Status"], health) == ("running", "healthy")


def state_of(container: dict[str, Any]) -> str:
    """Return a container's state in words, with the end of its last failed health check."""
    state = container["State"]
    health = state.get("Health") or {}
    last = (health.get("Log") or [{}])[-1].get("Output", "")
    return f"{state['Status']} {health.get('Status', '')} {last[-200:]}".strip()


def last_lines(identity: str) -> str:
    """Return the end of a container's log."""
    command = [shutil.which("docker") or "docker", "logs", "--tail", "15", identity]
    done = subprocess.run(  # noqa: S603  the engine's own command line
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=COMMAND_S, check=False
    )
    return done.stdout[-4000:]
