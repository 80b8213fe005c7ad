"""The data folder of one local system: one user at a time, what must stay between starts, its logs."""

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from silkwire.backing.ports import free_port, is_free
from silkwire.backing.process import PidFile
from silkwire.errors import StartError

Kind = Literal["sample", "real"]
DEFAULT_DATA = Path(".silkwire")
ADMIN_FILE = "admin.json"
"""Where the services are and what administrators show, for commands of whoever may read the folder's secrets."""


@dataclass(frozen=True)
class Admin:
    """What a data folder tells of the system that runs on it, or ran last.

    Attributes:
        gateway: The gateway's address.
        ingest: Ingest's address.
        token: What they ask administrators for.
        rates: The address of rates; empty in a folder of before it had administrators.
        search: Search's address; empty where an older version told nothing of it.
    """

    gateway: str
    ingest: str
    token: str
    rates: str = ""
    search: str = ""


def read_kind(path: Path) -> str:
    """What news lives in the data folder `path`; empty where none does yet."""
    mark = path / "kind"
    return mark.read_text(encoding="utf-8").strip() if mark.exists() else ""


def read_admin(path: Path) -> Admin | None:
    """What the data folder `path` tells of its system; None where none has run there, or we may not read it."""
    try:
        known = json.loads((path / ADMIN_FILE).read_text(encoding="utf-8"))
        return Admin(
            gateway=str(known["gateway"]),
            ingest=str(known["ingest"]),
            rates=str(known.get("rates", "")),
            token=str(known["token"]),
            search=str(known.get("search", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


class DataFolder:
    """An opened data folder; the lock goes when it is closed, or when this process dies in whatever way."""

    def __init__(self, path: Path) -> None:
        """Creates and locks the folder.

        Raises:
            StartError: It cannot be written, or another system runs on it.
        """
        self.path = path.resolve()
        try:
            (self.path / "logs").mkdir(parents=True, exist_ok=True)
            (self.path / "run").mkdir(exist_ok=True)
            self._lock = (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as err:
            raise StartError(
                f"The data folder {self.path} cannot be written: {err.strerror}.",
                "name another one: --data DIR (make demo: DATA_DIR=DIR)",
            ) from err
        self._take()

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            self._lock.seek(0)
            owner = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise StartError(
                f"Another silkwire (process {owner}) already runs on {self.path}.",
                "stop that one first",
                "or start this one on a folder of its own: --data DIR (make demo: DATA_DIR=DIR)",
            ) from err
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

    def close(self) -> None:
        """Lets the next one in."""
        self._lock.close()

    def need_kind(self, kind: Kind) -> None:
        """Sees to it that invented and real news never stand side by side.

        Raises:
            StartError: The folder holds the other kind.
        """
        found = read_kind(self.path)
        if found and found != kind:
            words = {"sample": "the sample newsroom's invented articles", "real": "articles of real sources"}
            raise StartError(
                f"The data folder {self.path} holds {words.get(found, found)}; the two kinds are never mixed.",
                "name a folder of its own: --data DIR (make demo: DATA_DIR=DIR)",
            )

    def keep_kind(self, kind: Kind) -> None:
        """Remembers what news lives here, for `need_kind`."""
        (self.path / "kind").write_text(f"{kind}\n", encoding="utf-8")

    def log(self, name: str) -> Path:
        """Where a part writes its log; the last start's log is kept beside it as NAME.log.1."""
        path = self.path / "logs" / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        path.touch()
        return path

    def pid_file(self, name: str) -> PidFile:
        """Where a part's process is remembered."""
        return PidFile(self.path / "run" / f"{name}.pid")

    def end_leftovers(self) -> list[str]:
        """Ends the processes that a killed run left behind; their names."""
        found = sorted((self.path / "run").glob("*.pid"))
        return [path.stem for path in found if PidFile(path).end_leftover()]

    def port(self, name: str) -> int:
        """A port that stays the same at every start, because addresses with it are stored.

        Raises:
            StartError: Another program has taken it meanwhile.
        """
        state = self.path / "ports.json"
        ports: dict[str, int] = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
        if name not in ports:
            ports[name] = free_port()
            state.write_text(json.dumps(ports), encoding="utf-8")
        elif not is_free(ports[name]):
            raise StartError(
                f"Port {ports[name]} is taken by another program, and the {name} of {self.path} lives there.",
                "stop the program that listens on it",
                "or begin anew on another folder: --data DIR (make demo: DATA_DIR=DIR)",
            )
        return ports[name]

    def admin_token(self) -> str:
        """What administrators of this system show; made at the first start, readable by its owner only."""
        path = self.path / "admin-token"
        if not path.exists():
            self._write_secret(path, secrets.token_urlsafe(24))
        return path.read_text(encoding="utf-8").strip()

    def keep_admin(self, admin: Admin) -> None:
        """Tells commands where gateway, ingest and rates are, and their token."""
        self._write_secret(self.path / ADMIN_FILE, json.dumps(asdict(admin)))

    def _write_secret(self, path: Path, text: str) -> None:
        """Whole or not at all, and never readable by others, not even for a moment."""
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{text}\n")
        new.replace(path)
