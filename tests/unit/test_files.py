"""Plain files only, below a study: real links, pipes and devices are tried."""

import os
import socket
from pathlib import Path

import pytest

from rewardsmith.errors import StoreError
from rewardsmith.files import append_line, check_plain, open_regular, read_bytes, write_whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path.resolve() / "folder"
    made.mkdir()
    return made


def test_a_file_is_written_whole_and_folders_are_made(folder: Path):
    write_whole(folder / "a" / "b" / "file", b"one")
    write_whole(folder / "a" / "b" / "file", lambda file: file.write(b"two"), durable=True)
    assert (folder / "a" / "b" / "file").read_bytes() == b"two"
    assert os.listdir(folder / "a" / "b") == ["file"]


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(folder: Path, tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    for name in ("file", ".file.part"):
        (folder / name).symlink_to(victim)
    os.link(victim, folder / "twin")
    for name in ("file", "twin"):
        write_whole(folder / name, b"new")
        assert (folder / name).read_bytes() == b"new"
        assert not (folder / name).is_symlink()
    assert victim.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_a_link_is_refused_by_name(folder: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (folder / "candidates").symlink_to(tmp_path / "elsewhere")
    for path in ("candidates/file", "candidates/c001/file"):
        with pytest.raises(OSError, match=r"a link or a file, not a folder.*candidates'"):
            write_whole(folder / path, b"new")
    assert not os.listdir(tmp_path / "elsewhere")


@pytest.mark.parametrize("path", ["file", "/tmp/../file"])
def test_a_path_that_is_not_plain_is_refused(path: str):
    with pytest.raises(OSError, match="not an absolute path"):
        write_whole(Path(path), b"")


def test_what_fails_while_it_is_written_leaves_the_old_file(folder: Path):
    write_whole(folder / "file", b"old")
    with pytest.raises(ZeroDivisionError):
        write_whole(folder / "file", lambda file: file.write(b"new") / 0)
    assert os.listdir(folder) == ["file"]
    assert (folder / "file").read_bytes() == b"old"


def test_a_file_is_read_up_to_its_limit(folder: Path):
    (folder / "file").write_bytes(b"12345")
    assert read_bytes(folder / "file", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_bytes(folder / "file", 4)


def test_pipes_devices_and_folders_are_not_read(folder: Path):
    os.mkfifo(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    for path, what in ((folder / "pipe", "a pipe"), (folder / "zero", "a device"), (folder, "a folder")):
        with pytest.raises(OSError, match=f"it is {what}, not a file"):
            open_regular(path)


def make_socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.fchdir(here)
    os.close(here)


ODD = {
    "a link": lambda path: path.symlink_to("/etc/hostname"),
    "a pipe": os.mkfifo,
    "a socket": make_socket,
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("place", ["odd", "candidates/odd", "candidates/c000/odd"])
def test_a_folder_with_anything_but_plain_files_is_refused(folder: Path, kind: str, place: str):
    (folder / "candidates" / "c000" / "deep").mkdir(parents=True)
    (folder / "candidates" / "c000" / "file").write_text("", encoding="utf-8")
    check_plain(folder, 3, write=True)
    ODD[kind](folder / place)
    with pytest.raises(StoreError, match=f"{place} is {kind}; a study holds plain files"):
        check_plain(folder, 3)


def test_a_second_name_is_refused_where_files_are_written_in_place(folder: Path, tmp_path: Path):
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    (folder / "candidates").mkdir()
    os.link(tmp_path / "victim", folder / "candidates" / "file")
    check_plain(folder, 3, write=True)
    os.link(tmp_path / "victim", folder / "study.db")
    check_plain(folder, 3)
    with pytest.raises(StoreError, match=r"study\.db has a second name.*`cp -r`"):
        check_plain(folder, 3, write=True)


def test_a_line_is_added_to_what_is_there(folder: Path):
    for line in (b"one", b"two"):
        append_line(folder / "a" / "lines", line)
    before = (folder / "a" / "lines").stat().st_ino
    assert (folder / "a" / "lines").read_bytes() == b"one\ntwo\n"
    append_line(folder / "a" / "lines", b"three")
    assert (folder / "a" / "lines").stat().st_ino == before


@pytest.mark.parametrize(("left", "kept"), [(b"one\ntw", b"one\n"), (b"on", b""), (b"one\n", b"one\n")])
def test_a_line_that_a_kill_cut_off_goes_before_the_next(left: bytes, kept: bytes, folder: Path):
    (folder / "lines").write_bytes(left)
    append_line(folder / "lines", b"next")
    assert (folder / "lines").read_bytes() == kept + b"next\n"


@pytest.mark.parametrize("kind", ["link", "second name", "pipe"])
def test_a_line_goes_into_no_other_file(kind: str, folder: Path, tmp_path: Path):
    victim, lines = tmp_path / "victim", folder / "lines"
    victim.write_text("mine", encoding="utf-8")
    {
        "link": lambda: lines.symlink_to(victim),
        "second name": lambda: lines.hardlink_to(victim),
        "pipe": lambda: os.mkfifo(lines),
    }[kind]()
    with pytest.raises(StoreError, match="lines"):
        append_line(lines, b"yours")
    assert victim.read_text(encoding="utf-8") == "mine"
