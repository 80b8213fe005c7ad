"""Settings: whoever runs a service is told which key is wrong and what it may be."""

from pathlib import Path

import pytest
from pydantic import Field

from shared.bus import RETRY_DELAYS_S
from shared.settings import ServiceSettings, SettingsError, load, service_config


class SampleSettings(ServiceSettings):
    model_config = service_config("SAMPLE_")

    interval_s: float = Field(default=900, ge=10, le=86400, description="Seconds between two polls.")


def faults_of(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(SettingsError) as caught:
        load(SampleSettings)
    return caught.value.faults


def test_a_wrong_number_is_refused_with_its_key_unit_and_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults_of(monkeypatch, SAMPLE_INTERVAL_S="5")
    assert fault.startswith("SAMPLE_INTERVAL_S=5:")
    assert "Seconds between two polls." in fault
    assert "at least 10, at most 86400" in fault


def test_every_wrong_key_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = faults_of(monkeypatch, SAMPLE_INTERVAL_S="often", SAMPLE_PORT="70000", MONGO_DRIVER="mongoose")
    assert sorted(fault.split("=")[0] for fault in faults) == [
        "MONGO_DRIVER",
        "SAMPLE_INTERVAL_S",
        "SAMPLE_PORT",
    ]


def test_a_wrong_secret_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults_of(monkeypatch, AMQP_URL="http://user:topsecret@broker")
    assert fault.startswith("AMQP_URL=***")
    assert "topsecret" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "amqp://guest:topsecret@host:notaport/",
        "amqp://guest:topsecret@host:70000/",
        "amqp://guest:topsecret@/",
        "amqp://guest:topsecret@[::1/",
    ],
)
def test_a_broker_address_that_cannot_be_used_is_refused_by_its_key(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    [fault] = faults_of(monkeypatch, AMQP_URL=url)
    assert fault.startswith("AMQP_URL=***")
    assert "a host and a port" in fault
    assert "topsecret" not in fault


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "amqp").write_text("amqp://user:secret@broker/\n")
    monkeypatch.setenv("AMQP_URL_FILE", str(tmp_path / "amqp"))
    assert load(SampleSettings).amqp_url == "amqp://user:secret@broker/"


def test_a_secret_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    [fault] = faults_of(monkeypatch, MONGODB_URI_FILE=str(tmp_path / "absent"))
    assert fault.startswith("MONGODB_URI_FILE=")
    assert "No such file" in fault


def test_the_operations_port_is_the_api_port_plus_100(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMPLE_PORT", "8001")
    assert load(SampleSettings).ops_port == 8101


def test_common_keys_have_no_prefix_and_own_keys_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    monkeypatch.setenv("SAMPLE_INTERVAL_S", "60")
    settings = load(SampleSettings)
    assert (settings.log_level, settings.interval_s) == ("debug", 60)


def test_the_retry_delays_are_a_comma_separated_list_of_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(SampleSettings).retry_delays_s == RETRY_DELAYS_S
    monkeypatch.setenv("RETRY_DELAYS_S", "0.5, 2,30")
    assert load(SampleSettings).retry_delays_s == (0.5, 2.0, 30.0)


@pytest.mark.parametrize("delays", ["", "10,soon", "10,,60", "0.01", "10,90000", "nan", "1,1,1,1,1,1,1,1,1"])
def test_retry_delays_that_cannot_be_are_refused_with_key_unit_and_bounds(
    monkeypatch: pytest.MonkeyPatch, delays: str
) -> None:
    [fault] = faults_of(monkeypatch, RETRY_DELAYS_S=delays)
    assert fault.startswith(f"RETRY_DELAYS_S={delays}:")
    assert "Seconds that a failed event waits" in fault
    assert "1 to 8 numbers, each at least 0.1, at most 86400" in fault
