"""The desk where the shared brain is kept.

content     entries, facts, bodies, import and export
imports     what a file would change, shown first and then done as a whole; staging compares
gap_desk    gaps: worked on, answered, and closed by asking_again
"""

from router.curation.content import Curation

__all__ = ["Curation"]
