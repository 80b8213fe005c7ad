"""The data folder: one user at a time, and what stays between starts."""

import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from silkwire.errors import StartError
from silkwire.folder import Admin, DataFolder, read_admin
from silkwire.rates.client import find


def test_a_second_start_on_the_same_folder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with closing(DataFolder(tmp_path)), pytest.raises(StartError, match="already runs on") as refused:
        DataFolder(tmp_path)
    assert "--data" in refused.value.way_out[-1]


def test_a_closed_folder_can_be_opened_again(tmp_path: Path) -> None:
    DataFolder(tmp_path).close()
    DataFolder(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="cannot be written: Not a directory") as refused:
        DataFolder(tmp_path / "file" / "data")
    assert "--data DIR" in refused.value.way_out[0]


def test_sample_and_real_news_never_share_a_folder(tmp_path: Path) -> None:
    with closing(DataFolder(tmp_path)) as folder:
        folder.need_kind("sample")
        folder.keep_kind("sample")
        folder.need_kind("sample")
        with pytest.raises(StartError, match="never mixed"):
            folder.need_kind("real")


def test_a_named_port_stays_the_same_between_starts(tmp_path: Path) -> None:
    """Stored articles link to the sample newsroom by its port."""
    with closing(DataFolder(tmp_path)) as folder:
        port = folder.port("newsroom")
    with closing(DataFolder(tmp_path)) as folder:
        assert folder.port("newsroom") == port


def test_a_named_port_that_somebody_took_meanwhile_is_told(tmp_path: Path) -> None:
    with closing(DataFolder(tmp_path)) as folder, socket.socket() as other:
        other.bind(("127.0.0.1", folder.port("newsroom")))
        other.listen()
        with pytest.raises(StartError, match="taken by another program"):
            folder.port("newsroom")


def test_the_log_of_the_last_start_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    with closing(DataFolder(tmp_path)) as folder:
        folder.log("search").write_text("first", encoding="utf-8")
        assert folder.log("search").read_text(encoding="utf-8") == ""
        assert (tmp_path / "logs" / "search.log.1").read_text(encoding="utf-8") == "first"


def test_a_process_that_a_killed_run_left_behind_is_ended(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    with left, closing(DataFolder(tmp_path)) as folder:
        folder.pid_file("search").write(left.pid)
        assert folder.end_leftovers() == ["search"]
        assert left.wait(5) != 0
        assert folder.end_leftovers() == []


def test_a_process_that_merely_got_the_same_id_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    with other, closing(DataFolder(tmp_path)) as folder:
        (tmp_path / "run" / "search.pid").write_text(f"{other.pid} 1\n", encoding="utf-8")
        assert folder.end_leftovers() == []
        assert other.poll() is None
        other.kill()


def test_the_administrators_secret_stays_and_is_its_owners_alone(tmp_path: Path) -> None:
    """Whoever may read it may change what readers see."""
    with closing(DataFolder(tmp_path)) as folder:
        token = folder.admin_token()
        folder.keep_admin(Admin("http://127.0.0.1:8000", "http://127.0.0.1:1", token))
    with closing(DataFolder(tmp_path)) as folder:
        assert folder.admin_token() == token
        folder.keep_admin(Admin("http://127.0.0.1:8000", "http://127.0.0.1:2", token))
    modes = {(tmp_path / name).stat().st_mode & 0o777 for name in ("admin-token", "admin.json")}
    assert (len(token) >= 16, modes) == (True, {0o600})


def test_commands_are_told_where_each_service_is_and_what_it_asks_for(tmp_path: Path) -> None:
    """An address taken for the token would be sent to a stranger, and no backfill begin."""
    told = Admin(
        gateway="http://127.0.0.1:8000",
        ingest="http://127.0.0.1:8001",
        rates="http://127.0.0.1:8002",
        token="a-token-of-sixteen-letters",
    )
    with closing(DataFolder(tmp_path)) as folder:
        folder.keep_admin(told)
    assert read_admin(tmp_path) == told
    found = find(None, tmp_path, {})
    assert (found.url, found.token) == (told.rates, told.token)
