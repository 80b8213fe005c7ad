"""Whose dead letters: those of a broker that was named, or of the system that a data folder belongs to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.bus.dead_letter_folder import DeadLetterFolder
from shared.bus.dead_letter_queue import open_dead_letter_queues
from shared.bus.dead_letter_store import DeadLetterStore, DeadLettersUnavailable
from silkwire.backing import rabbitmq
from silkwire.errors import OptionError, StartError
from silkwire.folder import DEFAULT_DATA, DataFolder

NAME_A_BROKER = "name the broker: --broker amqp://user:password@host/ (or AMQP_URL)"


@dataclass(frozen=True)
class Place:
    """Where to look.

    Attributes:
        data: The data folder; dropped letters are kept in it too.
        amqp_url: The broker; None for the files of the one-process form.
        note: What is not seen there; empty where that is nothing.
    """

    data: Path
    amqp_url: str | None
    note: str = ""

    @property
    def letters(self) -> Path:
        """Where the memory bus keeps its dead letters, and where dropped ones go."""
        return self.data / "dead-letters"

    @property
    def name(self) -> str:
        """What people call it; no password in it."""
        if self.amqp_url is None:
            return str(self.letters)
        parts = urlsplit(self.amqp_url)
        return f"RabbitMQ at {parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}"


def find(broker: str | None, data: Path | None, amqp_url: str | None) -> Place:
    """Decides where to look: as asked, else AMQP_URL, else the usual data folder.

    Args:
        broker: The broker that was asked for.
        data: The data folder that was asked for.
        amqp_url: The environment's AMQP_URL.

    Raises:
        OptionError: What was asked for is no address.
        StartError: Nothing can be found there.
    """
    folder = data or DEFAULT_DATA
    url = broker or (amqp_url if data is None else None)
    if url:
        if not url.startswith(("amqp://", "amqps://")):
            named = f"--broker {url}" if broker else f"AMQP_URL={url}"
            raise OptionError(f"{named}: must be an amqp:// URL.")
        return Place(folder, url)
    if not folder.is_dir():
        raise StartError(
            f"There is no data folder {folder.resolve()}.",
            "name that of a `silkwire up`: --data DIR",
            NAME_A_BROKER,
        )
    own = rabbitmq.running_url(folder / "rabbitmq")
    place = Place(folder, own)
    if own is not None or not (folder / "rabbitmq").exists():
        return place
    if not any(place.letters.glob("*.dead.jsonl")):
        raise StartError(
            f"The RabbitMQ node of {folder.resolve()}, which keeps its dead letters, does not run.",
            f"start it together with its system: silkwire up --data {folder}",
            NAME_A_BROKER,
        )
    return Place(folder, None, "These are of the one-process form; the folder's RabbitMQ node does not run.")


@asynccontextmanager
async def open_store(place: Place, *, changing: bool) -> AsyncIterator[DeadLetterStore]:
    """Opens the dead letters; with `changing`, nobody else changes files meanwhile.

    Raises:
        StartError: They cannot be reached, or a running system has the files in hand.
    """
    try:
        if place.amqp_url is not None:
            async with open_dead_letter_queues(place.amqp_url) as queues:
                yield queues
        elif changing:
            with closing(_locked(place.data)):
                yield DeadLetterFolder(place.letters)
        else:
            yield DeadLetterFolder(place.letters)
    except DeadLettersUnavailable as err:
        raise StartError(
            f"The dead letters of {place.name} cannot be reached: {err.reason}.",
            "what was not yet done is still there: run it again once the broker answers",
            "look at the address, its virtual host and the credentials: --broker amqp://user:password@host/vhost",
            "queues are made by the services: has one ever run on this broker?",
        ) from err
    except BrokenPipeError:
        # Whoever reads our output, such as `head`, has seen enough.
        raise
    except OSError as err:
        raise StartError(f"{place.name}: {err}.", "what was not yet done is still there") from err


def _locked(data: Path) -> DataFolder:
    try:
        return DataFolder(data)
    except StartError as err:
        if "already runs" not in err.problem:
            raise
        raise StartError(
            err.problem + " It has its dead letters in hand.",
            "stop it (Ctrl-C where it runs), do this, and start it again: replayed events are heard at its start",
            "`silkwire dead-letters list` and `show` work while it runs",
        ) from err
