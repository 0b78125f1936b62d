"""Text to vectors, with any sentence-transformers model.

`load_encoder()` gives the packaged multilingual-e5-small; with a model id or a
folder it gives that. `Encoder.encode` blocks: on an event loop use
`embeddings.batching.BatchingEncoder`, which calls it from a worker thread.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embeddings.errors import EncoderUnavailable
from embeddings.packaged import Progress, packaged_model_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

BATCH_TEXTS = 64
# A few texts are encoded on one core: threads that wait for each other at every layer are slower
# the moment anything else runs (seen on two busy cores: 35 ms against 170 ms for one question).
ONE_THREAD_TEXTS_MAX = 16
# The model reads at most 512 tokens; cutting first keeps a hostile text from costing a second.
TEXT_CHARS_MAX = 4000


class Encoder:
    """One loaded model.

    `dimensions` is the length of its vectors; `fingerprint` names model and
    weights, and is stored beside every vector so that vectors of two models
    never meet.
    """

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        import torch

        self._torch = torch
        chosen = os.environ.get("OMP_NUM_THREADS")
        self._threads = torch.get_num_threads() if chosen else os.cpu_count() or 1
        self._model = model
        self._prompts = {kind: _prompt(model, kind) for kind in ("query", "passage")}
        dimensions = model.get_embedding_dimension()
        if dimensions is None:
            raise EncoderUnavailable(f"The model {name} does not say how long its vectors are.")
        self.dimensions = dimensions
        self.fingerprint = _fingerprint(model, name)

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vectors:
        """L2-normalised float32 vectors, shape (len(texts), dimensions). Blocks."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        torch = self._torch
        torch.set_num_threads(1 if len(texts) <= ONE_THREAD_TEXTS_MAX else self._threads)
        vectors = self._model.encode(
            [_readable(text) for text in texts],
            prompt=self._prompts[kind],
            batch_size=BATCH_TEXTS,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(model: str | None = None, progress: Progress | None = None) -> Encoder:
    """Load `model` (a hub id or a folder), by default the packaged one.

    Raises `EncoderUnavailable` with what to change.
    """
    source = model or str(packaged_model_folder(progress=progress))
    name = model or Path(source).name
    try:
        from sentence_transformers import SentenceTransformer

        loaded = SentenceTransformer(source, device="cpu")
    except Exception as error:  # whatever a strange or damaged folder makes the libraries raise
        advice = (
            "SAMSVAR_MODEL must be a sentence-transformers folder or an id that can be fetched."
            if model
            else f"Delete {source}, and it is built again."
        )
        raise EncoderUnavailable(
            f"The model {name} could not be loaded: {error}. {advice}"
        ) from error
    return Encoder(loaded, name)


def _readable(text: str) -> str:
    """`text` cut to length, without the lone surrogates that a tokenizer refuses."""
    return text[:TEXT_CHARS_MAX].encode("utf-8", "replace").decode("utf-8")


def _prompt(model: SentenceTransformer, kind: str) -> str:
    """The model's own prompt; E5 models need one even where their settings name none."""
    prompts = model.prompts or {}
    if prompts.get(kind):
        return str(prompts[kind])
    is_e5 = "e5" in str(getattr(model.model_card_data, "base_model", "") or "").lower()
    return f"{kind}: " if is_e5 else ""


def _fingerprint(model: SentenceTransformer, name: str) -> str:
    """Name and a digest of a sample of every weight: changes when the weights do.

    The same wherever the folder lies: the nodes of one installation may differ there.
    """
    digest = hashlib.sha256(Path(name).name.encode())
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        flat = tensor.detach().flatten()
        digest.update(flat[:: max(1, flat.numel() // 64)].float().cpu().numpy().tobytes())
    return f"{Path(name).name}:{digest.hexdigest()[:16]}"
