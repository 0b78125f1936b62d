"""The default encoder on what visitors write: meaning across languages, and hostile text."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.encoder import Encoder

BARNEHAGE = "Hvordan søker jeg om barnehageplass?"
BIBLIOTEK = "Når åpner biblioteket?"
AVFALL = "Når blir søppelet hentet?"


@pytest.mark.parametrize(
    ("asked", "same", "other"),
    [
        pytest.param("Jeg vil ha plass i barnehagen til barnet mitt", BARNEHAGE, AVFALL, id="nb"),
        pytest.param("Korleis søkjer eg om barnehageplass?", BARNEHAGE, BIBLIOTEK, id="nn"),
        pytest.param("Kva tid opnar biblioteket?", BIBLIOTEK, BARNEHAGE, id="nn, near words"),
        pytest.param("Ka ti e biblioteket åpent?", BIBLIOTEK, AVFALL, id="dialect, north"),
        pytest.param("Kossen søke e om barnehaje te ongen?", BARNEHAGE, AVFALL, id="dialect"),
        pytest.param("When is the rubbish collected?", AVFALL, BIBLIOTEK, id="en"),
        pytest.param("How do I apply for kindergarten?", BARNEHAGE, BIBLIOTEK, id="en, form"),
        pytest.param("Когда открывается библиотека?", BIBLIOTEK, AVFALL, id="ru"),
    ],
)
def test_the_same_meaning_is_nearer(encoder: Encoder, asked: str, same: str, other: str) -> None:
    question, near, far = encoder.encode([asked, same, other])
    assert question @ near > question @ far


def test_vectors_are_of_length_one_and_alike_alone_or_in_a_batch(encoder: Encoder) -> None:
    texts = [BARNEHAGE, "hei", "x" * 900, ""]
    together = encoder.encode(texts)
    assert together.shape == (4, encoder.dimensions) == (4, 384)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_a_passage_is_encoded_as_one(encoder: Encoder) -> None:
    as_query, as_passage = encoder.encode([BARNEHAGE]), encoder.encode([BARNEHAGE], "passage")
    assert 0.8 < float(as_query[0] @ as_passage[0]) < 0.9999


def test_no_texts_are_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufdfa" * 2000, id="grows eighteen-fold under NFKC"),
        pytest.param("a" * 100_000, id="long"),
        pytest.param("a\u0300" * 5000, id="marks"),
        pytest.param("\ud800 hei \udfff", id="lone surrogates"),
        pytest.param("\x00\x1b[2J\u202e\ufeff", id="control signs"),
        pytest.param("<s></s><pad><unk><mask>", id="the tokenizer's own signs"),
        pytest.param(" \n\t", id="blank"),
    ],
)
def test_hostile_text_is_encoded(encoder: Encoder, text: str) -> None:
    (vector,) = encoder.encode([text])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
