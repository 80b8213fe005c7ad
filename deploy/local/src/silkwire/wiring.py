"""Which part is told what: the environment variables of the four services (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOCAL = "127.0.0.1"
# Whoever starts first is up first: readers before writers, so that the first articles find their reader.
SERVICES = ("search", "rates", "ingest", "gateway")
BANKS = ("NBK", "NBKR", "NBT", "CBU")
# The sample has no such banks, and real numbers never stand beside invented ones.
OTHER_SOURCES = ("CBR", "ECB", "CBT", "MARKET")
# One secret for all: whoever may change the sources of one may do so at the other.
ADMIN_TOKENS = ("INGEST_ADMIN_TOKEN", "RATES_ADMIN_TOKEN", "GATEWAY_ADMIN_TOKEN", "GATEWAY_INGEST_TOKEN")
# The sample's banks are asked often, so that a new session shows soon, and for their past without a pause.
SAMPLE_DEFAULTS = {"RATES_POLL_INTERVAL_S": "60", "RATES_BACKFILL_PACE_S": "0", "INGEST_HOST_GAP_S": "0"}


@dataclass(frozen=True)
class Wiring:
    """Where everything is.

    Attributes:
        host: The address that the gateway listens on.
        ports: The API port of each service; its health and metrics are 100 above.
        folder: The data folder.
        mongodb_uri: The MongoDB replica set.
        amqp_url: The RabbitMQ; None in the one-process form.
        opml: The sources to begin with; None for none.
        newsroom: The sample newsroom's address; None where the sample is off.
        own_mongodb: Whether the MongoDB is ours alone.
        admin_token: What administrators show, to the gateway and to ingest.
    """

    host: str
    ports: Mapping[str, int]
    folder: Path
    mongodb_uri: str
    amqp_url: str | None
    opml: Path | None
    newsroom: str | None
    own_mongodb: bool
    admin_token: str

    def address(self, service: str) -> str:
        """The address of a service's API."""
        return f"http://{LOCAL}:{self.ports[service]}"

    def health(self, service: str) -> str:
        """The address of a service's health and metrics."""
        return f"http://{LOCAL}:{self.ports[service] + 100}"


def environment(wiring: Wiring, given: Mapping[str, str]) -> dict[str, str]:
    """What all services are told, in one mapping: each reads only its own prefix and the common names.

    Settings that `given` holds are kept, except those that say who is where. An empty value takes one away.
    """
    told = {"LOG_FORMAT": given.get("LOG_FORMAT", "json"), "MONGODB_URI": wiring.mongodb_uri}
    if wiring.amqp_url is not None:
        told["AMQP_URL"] = wiring.amqp_url
    for service in SERVICES:
        prefix = service.upper()
        told[f"{prefix}_HOST"] = wiring.host if service == "gateway" else LOCAL
        told[f"{prefix}_PORT"] = str(wiring.ports[service])
        if service != "gateway":
            told[f"GATEWAY_{prefix}_URL"] = wiring.address(service)
    told["SEARCH_DATA_DIR"] = str(wiring.folder / "index")
    told |= dict.fromkeys(ADMIN_TOKENS, wiring.admin_token)
    told["INGEST_SOURCES"] = "" if wiring.opml is None else str(wiring.opml)
    return told | (
        _sample(wiring, wiring.newsroom, given) if wiring.newsroom else {"GATEWAY_SAMPLE_DATA": ""}
    )


def scrape_targets(wiring: Wiring) -> list[dict[str, object]]:
    """Where Prometheus finds the services, in its format for lists of targets (deploy/prometheus/local.yml)."""
    return [
        {"targets": [wiring.health(service).removeprefix("http://")], "labels": {"service": service}}
        for service in SERVICES
    ]


def _sample(wiring: Wiring, newsroom: str, given: Mapping[str, str]) -> dict[str, str]:
    told = {key: given.get(key, value) for key, value in SAMPLE_DEFAULTS.items()}
    told["GATEWAY_SAMPLE_DATA"] = "true"
    told["INGEST_ALLOW_PRIVATE_ADDRESSES"] = "true"
    told |= {f"RATES_{bank}_URL": newsroom for bank in BANKS}
    told |= {f"RATES_{source}_URL": "off" for source in OTHER_SOURCES}
    if not wiring.own_mongodb:
        # Invented articles must never end up in a database that real ones live in.
        for service in ("search", "rates", "ingest"):
            key = f"{service.upper()}_MONGODB_DATABASE"
            told[key] = given.get(key, f"silkwire_sample_{service}")
    return told
