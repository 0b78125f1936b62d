"""The desk where the shared brain is kept.

content     entries, facts, bodies, import and export
imports     what a file would change, shown first and then done as a whole; staging compares
gap_desk    gaps: worked on and answered; closing and asking_again: what closes one
"""

from router.curation.content import Curation

__all__ = ["Curation"]
