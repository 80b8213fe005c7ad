"""`silkwire articles withdraw`: where it finds the system that is meant."""

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from silkwire.backing.ports import free_port
from silkwire.cli import app
from silkwire.errors import StartError
from silkwire.folder import Admin, DataFolder

LINE = ["articles", "withdraw", "an-id", "--reason", "a test"]


@pytest.fixture(autouse=True)
def somewhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in ("SILKWIRE_URL", "GATEWAY_ADMIN_TOKEN", "GATEWAY_ADMIN_TOKEN_FILE"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.chdir(tmp_path)


def told(*options: str) -> str:
    """What the command says where it cannot do it."""
    done = CliRunner().invoke(app, [*LINE, *options])
    assert isinstance(done.exception, StartError), done.output
    return str(done.exception)


def test_a_data_folder_is_enough_to_find_its_system(tmp_path: Path) -> None:
    """Who started it on another port need not say so again, and does not reach another system by mistake."""
    gateway = f"http://127.0.0.1:{free_port()}"
    with closing(DataFolder(tmp_path / "mine")) as folder:
        folder.keep_admin(Admin(gateway, "http://127.0.0.1:1", folder.admin_token()))
    assert f"No running Silkwire answers at {gateway}/" in told("--data", "mine")


def test_a_folder_on_which_nothing_ran_is_told_with_the_ways_out() -> None:
    said = told()
    assert "No system of this machine has run on the data folder .silkwire." in said
    assert ("--data DIR" in said, "--url" in said) == (True, True)


def test_an_address_goes_before_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    there = f"http://127.0.0.1:{free_port()}"
    assert there in told("--url", there)
    monkeypatch.setenv("SILKWIRE_URL", there)
    assert there in told()
    assert "data folder mine" in told("--data", "mine")
