"""What `silkwire up` makes of what it was asked."""

from pathlib import Path
from typing import Any

import pytest

from silkwire.errors import OptionError
from silkwire.options import Broker, Options, choose_broker

ASKED: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 8000,
    "data": Path(".silkwire"),
    "sources": None,
    "sample": True,
    "broker": "auto",
    "mongo": "embedded",
}
GIVEN = "amqp://u:p@broker.example:5680/silk"


def test_a_broker_that_is_named_wins_over_everything() -> None:
    assert choose_broker(GIVEN, {"AMQP_URL": "amqp://other"}, installed=True) == Broker("given", GIVEN)


def test_memory_when_asked_for_although_a_broker_could_be_had() -> None:
    assert choose_broker("memory", {"AMQP_URL": GIVEN}, installed=True).kind == "memory"


def test_auto_takes_the_broker_that_the_environment_names() -> None:
    assert choose_broker("auto", {"AMQP_URL": GIVEN}, installed=True) == Broker("given", GIVEN)


def test_auto_starts_a_node_of_its_own_where_rabbitmq_is_installed() -> None:
    assert choose_broker("auto", {}, installed=True) == Broker("own")


def test_auto_without_any_rabbitmq_goes_on_in_memory_and_says_how_to_get_the_real_one() -> None:
    broker = choose_broker("auto", {}, installed=False)
    assert broker.kind == "memory"
    assert "No RabbitMQ found" in broker.note
    assert "apt-get install rabbitmq-server" in broker.note


@pytest.mark.parametrize(
    ("url", "place"),
    [
        pytest.param(GIVEN, ("broker.example", 5680), id="port given"),
        pytest.param("amqp://broker.example/", ("broker.example", 5672), id="plain"),
        pytest.param("amqps://broker.example/", ("broker.example", 5671), id="over TLS"),
    ],
)
def test_the_place_of_a_given_broker_is_read_from_its_url(url: str, place: tuple[str, int]) -> None:
    assert Broker("given", url).place == place


def test_real_sources_beside_the_sample_are_refused() -> None:
    """A reader must never see invented rates beside real news."""
    with pytest.raises(OptionError, match="never stands beside"):
        Options(**ASKED | {"sources": Path("real.opml")})


@pytest.mark.parametrize(
    ("name", "value"), [("broker", "rabbit"), ("broker", "http://x"), ("mongo", "mysql://x")]
)
def test_an_address_of_another_kind_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(OptionError, match=f"--{name} {value}"):
        Options(**ASKED | {name: value})
