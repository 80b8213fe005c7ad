"""Who is told what."""

from dataclasses import replace
from pathlib import Path

from silkwire.wiring import SERVICES, Wiring, environment, scrape_targets

PORTS = {"gateway": 8000, "ingest": 20001, "rates": 20002, "search": 20003}
WIRING = Wiring(
    host="0.0.0.0",
    ports=PORTS,
    folder=Path("/data"),
    mongodb_uri="mongodb://127.0.0.1:1/",
    amqp_url="amqp://guest:guest@127.0.0.1:2/",
    opml=Path("/data/sources.opml"),
    newsroom="http://127.0.0.1:3",
    own_mongodb=True,
    admin_token="secret-of-the-folder",
)
REAL = replace(WIRING, newsroom=None)


def test_only_the_gateway_listens_where_others_can_reach_it() -> None:
    told = environment(WIRING, {})
    assert {told[f"{service.upper()}_HOST"] for service in SERVICES if service != "gateway"} == {"127.0.0.1"}
    assert told["GATEWAY_HOST"] == "0.0.0.0"


def test_the_gateway_is_told_where_the_others_are() -> None:
    told = environment(WIRING, {})
    assert told["GATEWAY_SEARCH_URL"] == f"http://127.0.0.1:{told['SEARCH_PORT']}"


def test_with_the_sample_every_bank_is_a_sample_bank_or_not_asked() -> None:
    told = environment(WIRING, {"RATES_NBK_URL": "https://real.example"})
    banks = {value for key, value in told.items() if key.startswith("RATES_") and key.endswith("_URL")}
    assert banks == {"http://127.0.0.1:3", "off"}
    assert told["GATEWAY_SAMPLE_DATA"] == "true"


def test_without_the_sample_no_trace_of_it_is_left() -> None:
    told = environment(REAL, {})
    assert not [key for key in told if key.startswith("RATES_") and key.endswith("_URL")]
    assert told["GATEWAY_SAMPLE_DATA"] == ""
    assert "INGEST_ALLOW_PRIVATE_ADDRESSES" not in told


def test_the_sample_never_writes_into_the_databases_of_a_given_mongodb() -> None:
    told = environment(replace(WIRING, own_mongodb=False), {})
    assert told["SEARCH_MONGODB_DATABASE"] == "silkwire_sample_search"
    assert "SEARCH_MONGODB_DATABASE" not in environment(WIRING, {})


def test_what_the_user_sets_about_pace_and_logs_is_kept() -> None:
    told = environment(WIRING, {"RATES_POLL_INTERVAL_S": "5", "LOG_FORMAT": "console"})
    assert (told["RATES_POLL_INTERVAL_S"], told["LOG_FORMAT"]) == ("5", "console")


def test_without_a_broker_nobody_is_told_of_one() -> None:
    assert "AMQP_URL" not in environment(replace(WIRING, amqp_url=None), {})


def test_prometheus_is_told_where_each_service_has_its_metrics() -> None:
    told = {str(entry["labels"]): entry["targets"] for entry in scrape_targets(WIRING)}
    wanted = {str({"service": service}): [f"127.0.0.1:{WIRING.ports[service] + 100}"] for service in SERVICES}
    assert told == wanted


def test_administrators_show_one_secret_everywhere() -> None:
    """`silkwire sources` finds it in the data folder, and the gateway hands on what it is asked."""
    told = environment(WIRING, {})
    keys = ("INGEST_ADMIN_TOKEN", "RATES_ADMIN_TOKEN", "GATEWAY_ADMIN_TOKEN", "GATEWAY_INGEST_TOKEN")
    assert {told[key] for key in keys} == {"secret-of-the-folder"}
