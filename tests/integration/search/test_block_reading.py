"""Large files are read whole and right, wherever they lie, and leave the system's memory as it was."""

import errno
import io
import os
import random
from pathlib import Path
from typing import Any, cast

import pytest

from search.adapters.block_reading import FROM_DISK_BYTES, blocks_of
from search.adapters.tantivy_folder import fault_of

SIZES = [0, 1, 4095, 4096, 4097, FROM_DISK_BYTES - 1, FROM_DISK_BYTES, 2 * FROM_DISK_BYTES + 4097]


def a_file(path: Path, size: int) -> bytes:
    """Make a file; what is in it."""
    content = random.Random(size).randbytes(size)  # noqa: S311  any content will do
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return content


def put_on_disk_alone(path: Path, start: int = 0, length: int = 0) -> None:
    """Have the system forget what it holds of a part of a file; 0 is all behind the start."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_DONTNEED)


def in_memory(path: Path, place: int) -> bool:
    """Whether the system's memory has what stands at a place of a file; asked once, it brings that in."""
    with path.open("rb") as file:
        try:
            return os.preadv(file.fileno(), [bytearray(1)], place, os.RWF_NOWAIT) == 1
        except BlockingIOError:
            return False


def reads_past_memory(path: Path) -> bool:
    """Whether the file system of a file knows how, and has not the whole file in memory anyway."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT))
        return not in_memory(path, FROM_DISK_BYTES // 4)
    except OSError:
        return False


def read(path: Path) -> bytes:
    """A file, read in blocks."""
    with path.open("rb") as file:
        return b"".join(bytes(block) for block in blocks_of(file))


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_read_whole_from_memory_and_from_the_disk(tmp_path: Path, size: int) -> None:
    content = a_file(tmp_path / "file", size)
    assert read(tmp_path / "file") == content
    put_on_disk_alone(tmp_path / "file")
    assert read(tmp_path / "file") == content


@pytest.mark.parametrize("start", [0, 4096, FROM_DISK_BYTES // 2, FROM_DISK_BYTES])
def test_a_file_of_which_a_part_is_in_memory_is_read_whole(tmp_path: Path, start: int) -> None:
    content = a_file(tmp_path / "file", 3 * FROM_DISK_BYTES + 17)
    put_on_disk_alone(tmp_path / "file", start, FROM_DISK_BYTES)
    assert read(tmp_path / "file") == content


def test_what_is_on_the_disk_alone_is_not_brought_into_memory(tmp_path: Path) -> None:
    """Gigabytes would cost a start seconds of a processor, and drive out what others need."""
    content = a_file(tmp_path / "file", FROM_DISK_BYTES)
    put_on_disk_alone(tmp_path / "file")
    if not reads_past_memory(tmp_path / "file"):
        pytest.skip("this file system does not know how, or lies in memory alone")
    assert read(tmp_path / "file") == content
    assert not in_memory(tmp_path / "file", FROM_DISK_BYTES // 2)


def test_a_file_that_was_removed_meanwhile_is_read_whole(tmp_path: Path) -> None:
    """A merge replaces files while they are looked at."""
    content = a_file(tmp_path / "file", FROM_DISK_BYTES + 17)
    put_on_disk_alone(tmp_path / "file")
    with (tmp_path / "file").open("rb") as file:
        (tmp_path / "file").unlink()
        assert b"".join(bytes(block) for block in blocks_of(file)) == content


def test_a_kernel_that_tells_an_end_where_there_is_none_cuts_no_file_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux 5.9 and 5.10; a sound index would be built anew."""
    content = a_file(tmp_path / "file", FROM_DISK_BYTES + 17)
    monkeypatch.setattr(os, "preadv", lambda *_: 0)
    assert read(tmp_path / "file") == content


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EIO])
@pytest.mark.parametrize("call", ["open", "preadv"])
def test_where_the_file_system_does_not_know_how_files_are_read_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    content = a_file(tmp_path / "file", FROM_DISK_BYTES + 17)

    def unknown(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, unknown)
    assert read(tmp_path / "file") == content


class FailingDisk(io.FileIO):
    """A file whose beginning cannot be read."""

    def readinto(self, buffer: Any) -> int | None:
        """Read, but not the beginning."""
        if self.tell() == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().readinto(buffer)


def test_a_disk_that_fails_is_told_as_what_is_wrong_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    footer = b'{"version":{"major":0,"minor":0,"patch":0,"index_format_version":0},"crc":0}'
    (tmp_path / "file").write_bytes(b"some" + footer + bytes([len(footer), 0, 0, 0, 0x39, 5, 0, 0]))

    def failing(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with (tmp_path / "file").open("rb") as file:
        assert fault_of(file) == "its checksum is wrong"
    monkeypatch.setattr(os, "preadv", failing)
    with io.BufferedReader(FailingDisk(tmp_path / "file")) as failing_file:
        assert "Input/output error" in (fault_of(cast("io.BufferedReader", failing_file)) or "")
