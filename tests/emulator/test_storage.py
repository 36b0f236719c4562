"""A folder that plays Amazon S3: no name leads out of it, and an object is there whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runtime.emulator.storage import FolderStorage, StorageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The storage's folder; beside it lies a file that must stay out of reach."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    return tmp_path / "s3"


@pytest.fixture
def storage(folder: Path) -> FolderStorage:
    """The storage."""
    return FolderStorage(folder)


def files_below(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_what_is_written_can_be_read(storage: FolderStorage, folder: Path) -> None:
    """An object is the file folder/bucket/key, with its bytes as they are."""
    storage.write("s3://bucket/a/b.csv", b"\0\xff\r\n")

    assert storage.read("s3://bucket/a/b.csv") == b"\0\xff\r\n"
    assert (folder / "bucket" / "a" / "b.csv").read_bytes() == b"\0\xff\r\n"


def test_an_object_is_replaced(storage: FolderStorage, folder: Path) -> None:
    """The last write wins, and nothing else is left."""
    storage.write("s3://bucket/key", b"long and old")
    storage.write("s3://bucket/key", b"new")

    assert storage.read("s3://bucket/key") == b"new"
    assert {"bucket/key"} == files_below(folder)


def test_an_object_may_be_empty(storage: FolderStorage) -> None:
    """No bytes are an object, too."""
    storage.write("s3://bucket/key", b"")

    assert storage.read("s3://bucket/key") == b""


@pytest.mark.parametrize(
    "key",
    [
        "a b",
        "~",
        "$HOME",
        "a\\b",
        "*",
        "...",
        "..a",
        "a..",
        ".hidden",
        "a.",
        "-rf",
        "CON",
        "a:b",
        "a%2Fb",
        "%2e%2e",
        "'\"",
        "é",
        "日本",
        "a" * 255,
        "/".join("abcdefgh"),
    ],
)
def test_an_odd_name_is_a_name(storage: FolderStorage, folder: Path, key: str) -> None:
    """What is no path of its own is taken as it stands."""
    storage.write(f"s3://bucket/{key}", b"1")

    assert storage.read(f"s3://bucket/{key}") == b"1"
    assert {f"bucket/{key}"} == files_below(folder)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/..",
        "s3://bucket/.",
        "s3://bucket/../outside/secret",
        "s3://bucket/../../outside/secret",
        "s3://bucket/a/../../../outside/secret",
        "s3://bucket/a/..",
        "s3://bucket/./a",
        "s3://bucket//a",
        "s3://bucket//etc/passwd",
        "s3://bucket/a//b",
        "s3://bucket/a/",
        "s3://bucket/",
        "s3://bucket",
        "s3://",
        "s3:///key",
        "s3://../outside/secret",
        "s3://./key",
        "s3://.../key",
        "s3://.a/key",
        "s3://a./key",
        "s3://ab/key",
        "s3://" + "a" * 64 + "/key",
        "s3://Bucket/key",
        "s3://a_b/key",
        "s3://a b/key",
        "s3://a\\..\\b/key",
        "s3://bucket@other/key",
        "s3://bucket/a\0b",
        "S3://bucket/key",
        "https://bucket/key",
        "file:///etc/passwd",
        "/etc/passwd",
        "bucket/key",
        "",
        " s3://bucket/key",
        "s3://bucket/key\n/../..",
    ],
)
def test_what_names_no_object_is_refused(storage: FolderStorage, folder: Path, uri: str) -> None:
    """It is neither read nor written, and nothing appears anywhere."""
    with pytest.raises(StorageError):
        storage.read(uri)
    with pytest.raises(StorageError):
        storage.write(uri, b"1")

    assert {"outside/secret"} == files_below(folder.parent)
    assert (folder.parent / "outside" / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("link", ["bucket", "bucket/key", "bucket/a"])
@pytest.mark.parametrize("target", ["outside", "outside/secret", "."])
def test_a_link_out_of_the_folder_is_not_followed(storage: FolderStorage, folder: Path, link: str, target: str) -> None:
    """Neither for reading nor for writing, whether the bucket, a folder or the object is the link."""
    path = folder / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(folder.parent / target)
    before = files_below(folder.parent)

    for uri in ("s3://bucket/key", "s3://bucket/secret", "s3://bucket/a/secret", "s3://bucket/a", "s3://bucket/a/new"):
        if (folder / uri.removeprefix("s3://")).resolve().is_relative_to(folder.resolve()):
            continue  # this one does not pass through the link
        with pytest.raises(StorageError):
            storage.read(uri)
        with pytest.raises(StorageError):
            storage.write(uri, b"1")

    assert before == files_below(folder.parent)
    assert (folder.parent / "outside" / "secret").read_bytes() == b"secret"


def test_a_link_within_the_folder_is_followed(storage: FolderStorage, folder: Path) -> None:
    """It leads nowhere that a name could not."""
    storage.write("s3://bucket/real", b"1")
    (folder / "bucket" / "link").symlink_to("real")

    assert storage.read("s3://bucket/link") == b"1"


def test_a_link_that_leads_to_itself_is_no_object(storage: FolderStorage, folder: Path) -> None:
    """A loop of links is refused like anything that cannot be read or written."""
    (folder / "bucket").mkdir()
    (folder / "bucket" / "loop").symlink_to("loop")

    with pytest.raises(StorageError):
        storage.read("s3://bucket/loop")
    with pytest.raises(StorageError):
        storage.write("s3://bucket/loop/key", b"1")


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    """The folder that was given is the folder that is used."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    storage = FolderStorage(tmp_path / "link")

    storage.write("s3://bucket/key", b"1")

    assert (tmp_path / "real" / "bucket" / "key").read_bytes() == b"1"


@pytest.mark.parametrize(
    "uri", ["s3://bucket/missing", "s3://missing/key", "s3://bucket/folder", "s3://bucket/key/below"]
)
def test_what_is_not_there_cannot_be_read(storage: FolderStorage, uri: str) -> None:
    """A missing object, a missing bucket, a folder, and what would lie below an object."""
    storage.write("s3://bucket/key", b"1")
    storage.write("s3://bucket/folder/key", b"1")

    with pytest.raises(StorageError, match=re_escaped(uri)):
        storage.read(uri)


def re_escaped(uri: str) -> str:
    """Return a pattern of the URI."""
    return uri.replace(".", "\\.")


@pytest.mark.parametrize(
    "uri",
    ["s3://bucket/folder", "s3://bucket/key/below", "s3://bucket/" + "a" * 256, "s3://bucket/" + "a" * 256 + "/key"],
    ids=["over a folder", "below an object", "too long a name", "too long a folder's name"],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(storage: FolderStorage, folder: Path, uri: str) -> None:
    """The error is the storage's own, and the other objects stay as they are."""
    storage.write("s3://bucket/key", b"1")
    storage.write("s3://bucket/folder/key", b"2")

    with pytest.raises(StorageError):
        storage.write(uri, b"3")

    assert {"bucket/key", "bucket/folder/key"} == files_below(folder)


def test_an_interrupted_write_leaves_the_old_object(
    storage: FolderStorage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full in the middle, the old bytes stay and the new ones leave nothing."""
    storage.write("s3://bucket/key", b"old")

    def half(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)

    with pytest.raises(StorageError):
        storage.write("s3://bucket/key", b"new and long")

    assert storage.read("s3://bucket/key") == b"old"
    assert {"bucket/key"} == files_below(folder)


def test_a_reader_never_sees_a_part_of_an_object(storage: FolderStorage) -> None:
    """While an object is replaced again and again, every read gives one of its versions, whole."""
    versions = [bytes([letter]) * 300_000 for letter in b"abcd"]
    storage.write("s3://bucket/key", versions[0])
    done = threading.Event()

    def write_all() -> None:
        for place in range(40):
            storage.write("s3://bucket/key", versions[place % 4])
        done.set()

    writer = threading.Thread(target=write_all)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(storage.read("s3://bucket/key"))
    writer.join(10)

    assert seen <= set(versions)


PART = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.sampled_from(["/", "..", ".", "a", "\\", "%2e", "\0", "~", "\n"]) | PART, max_size=8).map("".join))
@example("a\ud800")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_key_stays_in_the_folder_or_is_refused(storage: FolderStorage, folder: Path, key: str) -> None:
    """Whatever the key: the object is written below the folder, or StorageError is raised."""
    uri = f"s3://any-bucket/{key}"
    try:
        storage.write(uri, key.encode("utf-8", "surrogatepass"))
        assert key.encode("utf-8", "surrogatepass") == storage.read(uri)
    except StorageError:
        pass

    assert {"outside", "s3"} == {entry.name for entry in os.scandir(folder.parent)}
    assert {"secret"} == {entry.name for entry in os.scandir(folder.parent / "outside")}
    assert {"any-bucket"}.issuperset(entry.name for entry in os.scandir(folder))
