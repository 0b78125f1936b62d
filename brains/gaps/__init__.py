"""What nobody could answer, gathered from all bodies: one gap for each thing asked.

store       records a question into its gap, durably; lists gaps and their questions
clusters    which gap a question belongs to: clusters of vectors, as memory holds them
"""

from brains.gaps.store import Asked, Gaps

__all__ = ["Asked", "Gaps"]
