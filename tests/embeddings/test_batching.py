"""The encoder on an event loop: batches, cache, failures and callers who leave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import pytest_asyncio

from embeddings.batching import BATCH_TEXTS_MAX, BatchingEncoder
from tests.fakes import FakeEncoder
from tests.waiting import PATIENCE_S

Vectors = npt.NDArray[np.float32]


class SlowEncoder:
    """Encodes when `go` is set, and keeps the batches it was given. Fails on the text `bad`."""

    fingerprint = "slow"
    dimensions = 64

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.started = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vectors:
        self.batches.append((kind, list(texts)))
        self.started.set()
        assert self.go.wait(10)
        if "bad" in texts:
            raise ValueError("this batch cannot be encoded")
        return FakeEncoder().encode_now(texts)

    def hold(self) -> None:
        self.started.clear()
        self.go.clear()


@pytest.fixture
def slow() -> Iterator[SlowEncoder]:
    encoder = SlowEncoder()
    yield encoder
    encoder.go.set()


@pytest_asyncio.fixture
async def batching(slow: SlowEncoder) -> AsyncIterator[BatchingEncoder]:
    encoder = BatchingEncoder(slow)
    yield encoder
    slow.go.set()
    await encoder.close()


async def begun(slow: SlowEncoder) -> None:
    """Wait until the encoder is at work."""
    assert await asyncio.to_thread(slow.started.wait, PATIENCE_S)


async def test_vectors_come_in_the_order_asked(batching: BatchingEncoder) -> None:
    texts = ["tre", "en", "to", "en"]
    np.testing.assert_array_equal(await batching.encode(texts), FakeEncoder().encode_now(texts))


async def test_what_is_asked_while_it_works_goes_in_one_batch(
    slow: SlowEncoder, batching: BatchingEncoder
) -> None:
    slow.hold()
    first = asyncio.create_task(batching.encode(["først"]))
    await begun(slow)
    others = [asyncio.create_task(batching.encode([f"nr {n}"])) for n in range(20)]
    await asyncio.sleep(0)
    slow.go.set()
    await asyncio.gather(first, *others)
    assert slow.batches == [("query", ["først"]), ("query", [f"nr {n}" for n in range(20)])]


async def test_a_text_is_encoded_once_and_then_remembered(
    slow: SlowEncoder, batching: BatchingEncoder
) -> None:
    slow.hold()
    crowd = [asyncio.create_task(batching.encode(["samme"])) for _ in range(5)]
    await begun(slow)
    crowd += [asyncio.create_task(batching.encode(["samme"])) for _ in range(5)]
    slow.go.set()
    found = await asyncio.gather(*crowd)
    again = await batching.encode(["samme"])
    assert slow.batches == [("query", ["samme"])]
    for vectors in [*found, again]:
        np.testing.assert_array_equal(vectors, FakeEncoder().encode_now(["samme"]))


async def test_what_a_caller_does_to_its_vectors_stays_with_it(batching: BatchingEncoder) -> None:
    mine = await batching.encode(["hei"])
    mine[:] = 0
    np.testing.assert_array_equal(await batching.encode(["hei"]), FakeEncoder().encode_now(["hei"]))


async def test_queries_and_passages_are_kept_apart(
    slow: SlowEncoder, batching: BatchingEncoder
) -> None:
    await asyncio.gather(batching.encode(["a"]), batching.encode(["a"], "passage"))
    assert sorted(slow.batches) == [("passage", ["a"]), ("query", ["a"])]


async def test_batches_have_a_largest_size(slow: SlowEncoder, batching: BatchingEncoder) -> None:
    texts = [f"tekst {n}" for n in range(2 * BATCH_TEXTS_MAX + 1)]
    assert (await batching.encode(texts)).shape == (len(texts), 64)
    assert [len(batch) for _, batch in slow.batches] == [BATCH_TEXTS_MAX, BATCH_TEXTS_MAX, 1]


async def test_a_question_goes_before_what_waits_in_hundreds(
    slow: SlowEncoder, batching: BatchingEncoder
) -> None:
    slow.hold()
    texts = [f"tekst {n}" for n in range(5 * BATCH_TEXTS_MAX)]
    many = asyncio.create_task(batching.encode(texts))
    await begun(slow)
    asked = [asyncio.create_task(batching.encode([one])) for one in ("hei", texts[-1])]
    await asyncio.sleep(0)
    slow.go.set()
    await asyncio.gather(many, *asked)
    assert [batch for _, batch in slow.batches][1] == ["hei", texts[-1]]
    assert sorted(text for _, batch in slow.batches for text in batch) == sorted([*texts, "hei"])


async def test_the_longest_unasked_text_is_forgotten_first(slow: SlowEncoder) -> None:
    encoder = BatchingEncoder(slow, cached_texts_max=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        await encoder.encode([text])
    await encoder.close()
    assert [batch for _, batch in slow.batches] == [["a"], ["b"], ["c"], ["b"]]


async def test_no_texts_are_no_work(slow: SlowEncoder, batching: BatchingEncoder) -> None:
    assert (await batching.encode([])).shape == (0, 64)
    assert slow.batches == []


async def test_the_loop_goes_on_while_it_encodes(
    slow: SlowEncoder, batching: BatchingEncoder
) -> None:
    slow.hold()
    asked = asyncio.create_task(batching.encode(["tung"]))
    await begun(slow)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not asked.done()
    slow.go.set()
    await asked


async def test_a_failure_reaches_its_batch_and_no_other(
    slow: SlowEncoder, batching: BatchingEncoder
) -> None:
    slow.hold()
    before = asyncio.create_task(batching.encode(["før"]))
    await begun(slow)
    failing = asyncio.create_task(batching.encode(["bad", "verre"]))
    await asyncio.sleep(0)
    slow.go.set()
    assert (await before).shape == (1, 64)
    with pytest.raises(ValueError, match="cannot be encoded"):
        await failing
    assert (await batching.encode(["etter", "verre"])).shape == (2, 64)


async def test_a_failure_is_not_remembered(slow: SlowEncoder, batching: BatchingEncoder) -> None:
    for _ in range(2):
        with pytest.raises(ValueError):
            await batching.encode(["bad"])
    assert len(slow.batches) == 2


async def test_a_failure_is_told_once(slow: SlowEncoder, batching: BatchingEncoder) -> None:
    """Not again in the log for every text of the batch, or for callers who left."""
    untold: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: untold.append(context))
    with pytest.raises(ValueError):
        await batching.encode(["bad", "b", "c"])
    slow.hold()
    left = asyncio.create_task(batching.encode(["bad", "d"]))
    await begun(slow)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    slow.go.set()
    await batching.encode(["e"])
    del left
    await asyncio.sleep(0)
    assert untold == []


async def test_who_leaves_takes_nobody_along(slow: SlowEncoder, batching: BatchingEncoder) -> None:
    slow.hold()
    first = asyncio.create_task(batching.encode(["hei"]))
    second = asyncio.create_task(batching.encode(["hei", "på"]))
    third = asyncio.create_task(batching.encode(["på", "deg"]))
    await begun(slow)
    first.cancel()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    slow.go.set()
    np.testing.assert_array_equal(await third, FakeEncoder().encode_now(["på", "deg"]))


async def test_close_cancels_who_waits_and_ends_the_worker(slow: SlowEncoder) -> None:
    encoder = BatchingEncoder(slow)
    slow.hold()
    under_way = asyncio.create_task(encoder.encode(["nå"]))
    await begun(slow)
    waiting = asyncio.create_task(encoder.encode(["snart"]))
    await asyncio.sleep(0)
    await asyncio.wait_for(encoder.close(), PATIENCE_S)
    found = await asyncio.gather(under_way, waiting, return_exceptions=True)
    assert [type(one) for one in found] == [asyncio.CancelledError] * 2
    slow.go.set()
    with pytest.raises(RuntimeError):
        await encoder.encode(["for sent"])


async def test_close_without_use(slow: SlowEncoder) -> None:
    await BatchingEncoder(slow).close()
