"""Vectors kept for the next new installation: found again, by many at once, and never trusted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embeddings.kept import KeptVectors
from tests.fakes import FakeEncoder
from tests.processes import started

ROOT = Path(__file__).parents[2]
TEXTS = [f"Spørsmål nummer {number}" for number in range(20)]

SAVE = """
import asyncio, resource, sys
from pathlib import Path
from embeddings.kept import KeptVectors
from tests.fakes import FakeEncoder
folder, prefix, count, bytes_max = sys.argv[1:]
kept = KeptVectors(FakeEncoder(), Path(folder))
asyncio.run(kept.encode([f"{prefix} {number}" for number in range(int(count))]))
if int(bytes_max):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(bytes_max), int(bytes_max)))
kept.save()
"""


def save_elsewhere(
    folder: Path, prefix: str, count: int, bytes_max: int = 0
) -> subprocess.Popen[bytes]:
    """A process that keeps `count` texts, and cannot write more than `bytes_max` to a file."""
    arguments = [str(folder), prefix, str(count), str(bytes_max)]
    return started([sys.executable, "-c", SAVE, *arguments], cwd=ROOT)


async def encoded_anew(folder: Path, texts: list[str], encoder: FakeEncoder | None = None) -> int:
    """How many of the texts a new start has to encode; what it gives is right in any case."""
    encoder = encoder or FakeEncoder()
    got = await KeptVectors(encoder, folder).encode(texts)
    assert np.array_equal(got, encoder.encode_now(texts))
    return encoder.encoded


async def keep(folder: Path, texts: list[str]) -> Path:
    """Keep the vectors of texts; the file they are in."""
    kept = KeptVectors(FakeEncoder(), folder)
    await kept.encode(texts)
    kept.save()
    (file,) = folder.glob("vectors-*.npz")
    return file


async def test_the_next_start_encodes_only_what_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    assert await encoded_anew(folder, TEXTS) == len(TEXTS)
    await keep(folder, TEXTS)
    assert await encoded_anew(folder, TEXTS) == 0
    assert await encoded_anew(folder, [*TEXTS, *TEXTS, "Noe nytt"]) == 1


async def test_kinds_and_encoders_never_meet(tmp_path: Path) -> None:
    await keep(tmp_path, TEXTS)
    encoder = FakeEncoder()
    await KeptVectors(encoder, tmp_path).encode(TEXTS, "passage")
    assert encoder.encoded == len(TEXTS)
    assert await encoded_anew(tmp_path, TEXTS, FakeEncoder(name="other")) == len(TEXTS)
    assert await encoded_anew(tmp_path, TEXTS, FakeEncoder(dimensions=32)) == len(TEXTS)


async def test_without_a_folder_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = KeptVectors(FakeEncoder(), None)
    await kept.encode(TEXTS)
    kept.save()
    assert list(tmp_path.iterdir()) == []


async def test_what_several_processes_keep_at_once_is_all_kept(tmp_path: Path) -> None:
    started = [save_elsewhere(tmp_path, str(number), 50) for number in range(4)]
    assert [await asyncio.to_thread(process.wait) for process in started] == [0, 0, 0, 0]
    texts = [f"{process} {number}" for process in range(4) for number in range(50)]
    assert await encoded_anew(tmp_path, texts) == 0


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def emptied(data: bytes) -> bytes:
    return b""


def garbled(data: bytes) -> bytes:
    return data[:1000] + bytes(byte ^ 0x55 for byte in data[1000:1400]) + data[1400:]


@pytest.mark.parametrize("damage", [cut, emptied, garbled])
async def test_a_damaged_file_is_made_again(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = await keep(tmp_path, TEXTS)
    file.write_bytes(damage(file.read_bytes()))
    assert await encoded_anew(tmp_path, TEXTS) == len(TEXTS)
    await keep(tmp_path, TEXTS)
    assert await encoded_anew(tmp_path, TEXTS) == 0


@pytest.mark.parametrize(
    "arrays",
    [
        {"digests": np.zeros((2, 32), np.uint8), "vectors": np.zeros((2, 64), np.float32)},
        {"digests": np.zeros((2, 32), np.uint8), "vectors": np.ones((2, 3), np.float32)},
        {"digests": np.zeros((2, 8), np.uint8), "vectors": np.eye(2, 64, dtype=np.float32)},
        {"digests": np.zeros((1, 32), np.uint8), "vectors": np.eye(2, 64, dtype=np.float32)},
        {"digests": np.zeros((2, 32), np.uint8), "vectors": np.array([{}, {}], dtype=object)},
        {"something": np.zeros(3)},
    ],
    ids=["no direction", "short", "digests", "counts", "objects", "names"],
)
async def test_what_cannot_be_vectors_is_not_used(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    file = await keep(tmp_path, TEXTS)
    np.savez(file, **arrays)
    assert await encoded_anew(tmp_path, TEXTS) == len(TEXTS)


async def test_a_full_disk_leaves_what_was_kept_before(tmp_path: Path) -> None:
    before = (await keep(tmp_path, TEXTS)).read_bytes()
    process = save_elsewhere(tmp_path, "flere", 200, bytes_max=len(before))
    assert await asyncio.to_thread(process.wait) == 0
    files = {path.suffix: path for path in tmp_path.iterdir()}
    assert set(files) <= {".npz", ".lock"}
    assert files[".npz"].read_bytes() == before


async def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    file = await keep(tmp_path, TEXTS)
    left = tmp_path / f"{file.stem}abc.writing"
    left.write_bytes(b"half")
    await keep(tmp_path, ["Noe nytt"])
    assert not left.exists()


async def test_a_folder_that_cannot_be_made_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = KeptVectors(FakeEncoder(), tmp_path / "file" / "cache")
    assert (await kept.encode(TEXTS)).shape == (len(TEXTS), 64)
    kept.save()
