"""What stands in the files that run Silkwire in containers fits the code: settings, ports, services, metrics.

The running containers are looked at by deploy/containers/check.sh, which needs a Docker engine.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

import gateway.metrics
import gateway.settings
import ingest.metrics
import ingest.settings
import rates.metrics
import rates.settings
import search.metrics
import search.settings
from shared.bus.metrics import BusMetrics
from shared.outbox import OutboxMetrics
from shared.settings import ServiceSettings, keys_of
from shared.telemetry.metrics import HealthMetrics, HttpMetrics

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "ingest": ingest.settings.Settings,
    "rates": rates.settings.Settings,
    "search": search.settings.Settings,
    "gateway": gateway.settings.Settings,
}
METRICS = (
    BusMetrics,
    OutboxMetrics,
    HealthMetrics,
    HttpMetrics,
    ingest.metrics.Metrics,
    rates.metrics.Metrics,
    search.metrics.Metrics,
    gateway.metrics.Metrics,
)
COMPOSE_FILES = ("docker-compose.yml", "deploy/containers/sample.yml")
# A metric's name as it stands in a rule or on a dashboard; what the broker and Prometheus give is not ours.
OURS = re.compile(r"\b(?:bus|outbox|http|ingest|rates|search|gateway|dependency|event)_[a-z_]+")


def read(path: str) -> Any:
    """The content of a YAML file."""
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def services(path: str = "docker-compose.yml") -> dict[str, dict[str, Any]]:
    """The services of a compose file."""
    found: dict[str, dict[str, Any]] = read(path)["services"]
    return found


def default_port(service: str) -> int:
    """The port that a service listens on when nothing else is said."""
    return int(SETTINGS[service].model_fields["port"].default)


def dockerfile_ports() -> dict[str, int]:
    """The port that each service's image says it listens on."""
    text = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    return {
        key.lower(): int(port) for key, port in re.findall(r"^ENV ([A-Z]+)_PORT=(\d+)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("path", COMPOSE_FILES)
@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_is_told_only_what_its_service_understands(path: str, service: str) -> None:
    """A misspelt key would be ignored in silence."""
    settings = SETTINGS[service]
    prefix = str(settings.model_config.get("env_prefix"))
    known = {key for name, field in settings.model_fields.items() for key in keys_of(name, field, prefix)}
    told = services(path).get(service, {}).get("environment", {})
    assert set(told) <= known


def test_only_the_gateway_publishes_a_port_and_only_on_this_machine() -> None:
    """The optional windows of the observability profile aside."""
    published = {
        name: service["ports"]
        for name, service in services().items()
        if "ports" in service and "profiles" not in service
    }
    assert list(published) == ["gateway"]
    assert all(
        place.startswith("127.0.0.1:") for one in services().values() for place in one.get("ports", ())
    )


def test_every_service_has_limits_and_says_how_it_is() -> None:
    for name in SETTINGS:
        service = services()[name]
        assert {"mem_limit", "cpus", "healthcheck", "restart", "read_only", "cap_drop"} <= set(service), name


def test_credentials_come_from_the_environment_file_and_are_asked_for_when_missing() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert "guest" not in text
    named = set(re.findall(r"\$\{([A-Z_]*PASSWORD)", text))
    demanded = set(re.findall(r"\$\{([A-Z_]*PASSWORD):\?", text))
    assert named == demanded
    assert demanded == set(re.findall(r"^([A-Z_]*PASSWORD)=change-me", example, re.MULTILINE))


def test_every_variable_of_the_compose_file_is_explained_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{([A-Z_]+)", text)) - {"SILKWIRE_VERSION"}
    assert {name for name in used if not re.search(rf"^(# )?{name}=", example, re.MULTILINE)} == set()


def test_images_services_and_scrape_targets_agree_on_the_ports() -> None:
    ports = {service: default_port(service) for service in SETTINGS}
    assert dockerfile_ports() == ports
    told = services()["gateway"]["environment"]
    for service in ("ingest", "rates", "search"):
        assert told[f"GATEWAY_{service.upper()}_URL"] == f"http://{service}:{ports[service]}"
    jobs = {job["job_name"]: job for job in read("deploy/prometheus/prometheus.yml")["scrape_configs"]}
    scraped = {name: jobs[name]["dns_sd_configs"][0]["port"] for name in SETTINGS}
    assert scraped == {service: port + 100 for service, port in ports.items()}


def test_prometheus_is_pointed_at_every_replica_by_the_name_of_its_service() -> None:
    jobs = {job["job_name"]: job for job in read("deploy/prometheus/prometheus.yml")["scrape_configs"]}
    assert all(jobs[name]["dns_sd_configs"][0]["names"] == [name] for name in SETTINGS)


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression of the alerts and of the dashboard, with where it stands."""
    for group in read("deploy/prometheus/alerts.yml")["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/silkwire.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize(("place", "expression"), list(expressions()), ids=lambda value: str(value)[:40])
def test_alerts_and_dashboards_ask_only_for_metrics_that_exist(place: str, expression: str) -> None:
    registry = CollectorRegistry()
    for family in METRICS:
        family(registry)
    given = {
        sample
        for family in registry.collect()
        for sample in (
            family.name,
            *(f"{family.name}_{end}" for end in ("total", "bucket", "sum", "count")),
        )
    }
    missing = {name for name in OURS.findall(expression) if name not in given}
    assert missing == set(), place
