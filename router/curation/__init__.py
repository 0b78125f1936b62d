"""The desk where the shared brain is kept.

content     entries, facts, bodies, import and export
imports     what a file would change, shown first and then done as a whole; staging compares
gap_desk    gaps: worked on and answered; closing and asking_again: what closes one
broadcasts  notices: published, and told to every connected page at once
facts       the table of facts: fact_table builds it, fact_csv takes it to a spreadsheet and back,
            facts_given asks again what waited for one
local_answers  a body's own text beside the shared one, and whether it has grown old
"""

from router.curation.content import Curation

__all__ = ["Curation"]
