"""`python -m router.detect.measure`: renews `measured.json` after the examples changed.

Loads the encoder, cross-validates both detectors and takes a minute.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from threadpoolctl import threadpool_limits

from embeddings.encoder import load_encoder
from router.detect import crisis, human
from router.detect.classifier import HERE, Example, Measurement, digest


def measurements() -> dict[str, Measurement]:
    """Both detectors, measured on the examples as they are now."""
    encoder = load_encoder()

    def measure(
        made: type[crisis.CrisisDetector] | type[human.HumanDetector], examples: Sequence[Example]
    ) -> Measurement:
        vectors = encoder.encode([example.text for example in examples], "query")
        return Measurement(
            digest(examples),
            made(examples, vectors, anew=True).measured,
            made(examples, None, anew=True).measured,
        )

    return {
        "crisis": measure(crisis.CrisisDetector, crisis.examples()),
        "human": measure(human.HumanDetector, human.examples()),
    }


if __name__ == "__main__":
    threadpool_limits(1, user_api="blas")  # on a busy machine, threads wait for each other
    found = msgspec.json.format(msgspec.json.encode(measurements()), indent=1)
    (HERE / "measured.json").write_bytes(found + b"\n")
    print(found.decode())
