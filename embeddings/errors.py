"""What can go wrong between a text and its candidates.

EmbeddingsError
└── EncoderUnavailable   the model cannot be built, found or loaded; the text says what to do
"""


class EmbeddingsError(Exception):
    """Base of this package's errors."""


class EncoderUnavailable(EmbeddingsError):
    """The configured encoder cannot be used; the message says what to change."""
