"""Stored secrets are of no use without the key, and the key is nobody else's to read."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from brains.errors import StorageError
from router.security.sealing import FILE, SealBroken, Sealer
from router.settings import Settings


def settings(home: Path, key: str = "") -> Settings:
    return Settings.from_environment({"SAMSVAR_HOME": str(home), "SAMSVAR_SECRET_KEY": key})


def test_what_is_sealed_opens_again_and_is_never_the_same_twice(tmp_path: Path) -> None:
    sealer = Sealer.of(settings(tmp_path))
    one, other = sealer.seal("blåbær"), sealer.seal("blåbær")
    assert one != other
    assert "blåbær" not in one
    assert Sealer.of(settings(tmp_path)).open(one) == "blåbær"


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    Sealer.of(settings(tmp_path / "home"))
    files = list((tmp_path / "home").iterdir())
    assert [file.name for file in files] == [FILE]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_processes_that_begin_at_once_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealers = list(pool.map(lambda _: Sealer.of(settings(tmp_path)), range(8)))
    sealed = sealers[0].seal("x")
    assert {sealer.open(sealed) for sealer in sealers} == {"x"}


def test_another_key_does_not_open_it_and_the_error_says_what_to_do(tmp_path: Path) -> None:
    sealed = Sealer.of(settings(tmp_path / "a")).seal("x")
    with pytest.raises(SealBroken, match="SAMSVAR_SECRET_KEY"):
        Sealer.of(settings(tmp_path / "b")).open(sealed)
    with pytest.raises(SealBroken):
        Sealer.of(settings(tmp_path / "a")).open(sealed[:-8] + "AAAAAAA=")


def test_a_key_is_changed_by_naming_the_new_one_first(tmp_path: Path) -> None:
    old, new = "o" * 32, "n" * 32
    sealed = Sealer.of(settings(tmp_path, old)).seal("x")
    both = Sealer.of(settings(tmp_path, f"{new},{old}"))
    assert both.open(sealed) == "x"
    assert Sealer.of(settings(tmp_path, new)).open(both.seal("y")) == "y"
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="SAMSVAR_SECRET_KEY"):
        Sealer.of(settings(tmp_path / "file"))
