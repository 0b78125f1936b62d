"""The desk where the shared brain is kept.

content     entries, facts, bodies, import and export
"""

from router.curation.content import Curation

__all__ = ["Curation"]
