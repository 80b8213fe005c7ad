"""`silkwire reindex`."""

from pathlib import Path

import pytest

from shared.contracts.http.view import ViewAnswer
from silkwire.errors import StartError
from silkwire.folder import Admin, DataFolder
from silkwire.reindex import find, line_of

LEVEL = ViewAnswer(
    phase="level", articles=248, scanned=0, of=0, behind_s=0.31, as_of=None, rebuilds=1, trouble=""
)


def test_how_far_it_is_stands_in_one_line() -> None:
    building = LEVEL.model_copy(update={"phase": "building", "scanned": 1500, "of": 4000})
    full = building.model_copy(update={"trouble": "[Errno 28] No space left on device"})
    assert line_of(LEVEL) == "level: 248 articles can be found, 0.3 s behind"
    assert line_of(building) == "building: 1500 of about 4000 articles read"
    assert line_of(full).endswith("; cannot be written: [Errno 28] No space left on device")


def test_search_is_found_by_the_data_folder_or_by_name(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.keep_admin(
        Admin("http://127.0.0.1:1", "http://127.0.0.1:2", "secret", search="http://127.0.0.1:3")
    )
    folder.close()
    assert find(None, tmp_path / "data", {}) == ("http://127.0.0.1:3", "secret")
    named = {"SEARCH_URL": "http://search:8003/", "SEARCH_ADMIN_TOKEN": "other"}
    assert find(None, None, named) == ("http://search:8003", "other")
    assert find("http://here:1", tmp_path / "data", {}) == ("http://here:1", "")


def test_a_system_that_has_never_run_is_told_with_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No system of this machine has run"):
        find(None, tmp_path / "nothing", {})


def test_the_token_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n", encoding="utf-8")
    assert (
        find("http://here:1", None, {"SEARCH_ADMIN_TOKEN_FILE": str(tmp_path / "token")})[1] == "from a file"
    )
    with pytest.raises(StartError, match="cannot be read"):
        find("http://here:1", None, {"SEARCH_ADMIN_TOKEN_FILE": str(tmp_path / "none")})


def test_a_token_file_that_holds_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StartError, match=r"SEARCH_ADMIN_TOKEN_FILE=.*token holds no text"):
        find("http://here:1", None, {"SEARCH_ADMIN_TOKEN_FILE": str(tmp_path / "token")})
