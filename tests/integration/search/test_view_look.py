"""What a replica that starts takes in while the files of its folder are still being looked at: never of a damaged one."""

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import pytest
from tantivy import Index

from search.adapters import folder_look, tantivy_folder
from search.adapters.tantivy_folder import META, UNLOOKED, damage_of, fault_of, note_unlooked
from search.adapters.tantivy_schema import build_schema, to_document
from search.adapters.tantivy_view import TantivyView
from search.ports import IndexUnavailableError, ViewDamagedError, ViewNotWrittenError
from tests.suites.article_builders import an_article
from tests.suites.article_index_suite import asking
from tests.suites.search_replica import HEAP_BYTES


async def segments_of(folder: Path, count: int) -> None:
    """Make an index of so many segments, one article in each; eight would be merged."""
    view = TantivyView(folder, HEAP_BYTES)
    await view.open()
    for number in range(count):
        await view.apply([an_article(f"n{number}", text=f"sentence{number} {number}")])
        await view.commit()
    await view.close()


def spoil(folder: Path) -> Path:
    """Change what a segment has stored, and nothing that Tantivy would notice; its file."""
    path = next(file for file in folder.glob("*.store") if b"sentence3" in file.read_bytes())
    path.write_bytes(path.read_bytes().replace(b"sentence3", b"sentence4"))
    return path


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Files are looked at when this is set, and not before."""
    now = threading.Event()

    def late(file: BufferedReader) -> str | None:
        now.wait(10)
        return fault_of(file)

    monkeypatch.setattr(tantivy_folder, "fault_of", late)
    yield now
    now.set()


async def loaded_meanwhile(folder: Path) -> TantivyView:
    """A view of an index whose files are being looked at, into which an article was loaded."""
    view = TantivyView(folder, HEAP_BYTES)
    assert await view.open(wait=False)
    await view.load([an_article("n8")], replace=True)
    return view


async def trusted(folder: Path) -> int:
    """How many articles a view has that the next start opens, and does not build anew."""
    view = TantivyView(folder, HEAP_BYTES)
    assert await view.open()
    count = await view.count()
    await view.close()
    return count


async def test_what_is_loaded_while_files_are_looked_at_is_committed_and_answered_behind_that(
    tmp_path: Path, look: threading.Event
) -> None:
    """Gigabytes take seconds, in which a start has other things to do; the start behind it trusts what came of that."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)
    view = await loaded_meanwhile(folder)
    committing = asyncio.create_task(view.commit())
    with pytest.raises(IndexUnavailableError):
        await view.search(asking())
    assert not committing.done()
    look.set()
    await committing
    assert (await view.search(asking())).total == 8
    await view.close()
    assert await trusted(folder) == 8


async def test_nothing_is_made_of_a_damaged_file_before_it_was_read(
    tmp_path: Path, look: threading.Event
) -> None:
    """A merge makes sound files of it. A stop or a kill before its end was read, and the next start would find no fault."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)
    path = spoil(folder)
    view = await loaded_meanwhile(folder)
    look.set()
    with pytest.raises(ViewDamagedError, match="store"):
        # There would be eight segments, and all of them merged.
        await view.commit()
    await view.close()
    assert path.name in (damage_of(folder) or "")


async def eight_segments(tmp_path: Path) -> Path:
    """Make an index of eight segments, as if it had been killed before it could merge them."""
    folder, other = tmp_path / "index", tmp_path / "other"
    await segments_of(folder, 7)
    await segments_of(other, 1)
    listed, more = (json.loads((one / META).read_bytes()) for one in (folder, other))
    for file in other.iterdir():
        if not (folder / file.name).exists():
            shutil.copy(file, folder)
    listed["segments"] += more["segments"]
    (folder / META).write_text(json.dumps(listed), encoding="utf-8")
    return folder


async def test_a_stop_while_files_are_looked_at_leaves_them_as_they_are(
    tmp_path: Path, look: threading.Event
) -> None:
    """Whatever was loaded by then is not written: with the segment that it would become, the others would be merged."""
    folder = await eight_segments(tmp_path)
    path, before = spoil(folder), (folder / META).read_bytes()
    view = await loaded_meanwhile(folder)
    look.set()
    await view.close()
    assert (folder / META).read_bytes() == before
    assert path.name in (damage_of(folder) or "")


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


async def test_a_stop_after_files_were_found_sound_costs_no_rebuild(
    tmp_path: Path, look: threading.Event
) -> None:
    """What was loaded is finished then, and others may be merged: all of that is sound."""
    folder = await eight_segments(tmp_path)
    view = await loaded_meanwhile(folder)
    look.set()
    await view.check()
    await view.close()
    assert await trusted(folder) == 8


async def test_where_nothing_can_be_noted_loading_waits_until_files_are_looked_at(
    tmp_path: Path, look: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)

    monkeypatch.setattr(folder_look, "note_unlooked", full)
    view = TantivyView(folder, HEAP_BYTES)
    assert await view.open(wait=False)
    loading = asyncio.create_task(view.load([an_article("n8")], replace=True))
    assert not (await asyncio.wait([loading], timeout=0.5))[0]
    look.set()
    await loading
    await view.commit()
    assert (await view.search(asking())).total == 8
    await view.close()


async def test_what_is_committed_where_the_note_cannot_be_taken_back_is_committed_later(
    tmp_path: Path, look: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next start would find segments that the note does not name, and build the view anew."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)
    view = await loaded_meanwhile(folder)
    look.set()
    with monkeypatch.context() as broken:
        broken.setattr(folder_look, "note_looked", full)
        with pytest.raises(ViewNotWrittenError, match="No space"):
            await view.commit()
    assert (await view.search(asking())).total == 7
    await view.commit()
    assert (await view.search(asking())).total == 8
    await view.close()
    assert not (folder / UNLOOKED).exists()
    assert damage_of(folder) is None


def merged_unlooked(folder: Path) -> None:
    """Have an index as Tantivy leaves it that merges what nobody has looked at, and is killed."""
    note_unlooked(folder)
    index = Index.open(str(folder))
    for _ in range(2):
        writer = index.writer(HEAP_BYTES, num_threads=1)
        writer.add_document(to_document(an_article("n8"), build_schema()))
        writer.commit()
        writer.wait_merging_threads()


async def test_what_was_merged_before_it_was_looked_at_is_not_trusted_after_a_kill(tmp_path: Path) -> None:
    """The writer's memory is full, Tantivy merges, and then the power is gone: the checksums of what it made are right."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)
    spoil(folder)
    merged_unlooked(folder)
    assert "before all files had been looked at" in (damage_of(folder) or "")
    view = TantivyView(folder, HEAP_BYTES)
    assert not await view.open()
    assert await view.count() == 0
    assert damage_of(folder) is None
    await view.close()


async def test_a_folder_that_was_half_removed_is_not_trusted_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its note may be the first file that goes."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)
    spoil(folder)
    merged_unlooked(folder)

    def cut(path: Path) -> None:
        (path / UNLOOKED).unlink()
        raise OSError(5, "Input/output error")

    view = TantivyView(folder, HEAP_BYTES)
    with monkeypatch.context() as dying:
        dying.setattr(shutil, "rmtree", cut)
        with pytest.raises(ViewNotWrittenError, match="Input"):
            await view.clear()
    assert META in (damage_of(folder) or "")
    again = TantivyView(folder, HEAP_BYTES)
    assert not await again.open()
    await again.close()


async def test_a_kill_before_anything_was_merged_costs_no_rebuild(tmp_path: Path) -> None:
    """Nearly all do: a writer's memory is not full within seconds."""
    folder = tmp_path / "index"
    await segments_of(folder, 7)
    note_unlooked(folder)
    view = TantivyView(folder, HEAP_BYTES)
    assert await view.open()
    await view.apply([an_article("n8")])
    await view.commit()
    await view.close()
    assert await trusted(folder) == 8


@pytest.mark.parametrize("noted", [b"", b"{}", b'{"segments": [{}]}'])
async def test_a_note_that_cannot_be_read_is_damage_too(tmp_path: Path, noted: bytes) -> None:
    folder = tmp_path / "index"
    await segments_of(folder, 1)
    (folder / UNLOOKED).write_bytes(noted)
    view = TantivyView(folder, HEAP_BYTES)
    assert not await view.open()
    await view.close()
