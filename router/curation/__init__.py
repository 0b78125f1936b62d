"""The desk where the shared brain is kept.

content     entries, facts, bodies, import and export
review      who may do what to an entry, and doing it: the rules of publishing; authorship tells who
            wrote what it says, unreviewed lists what nobody else has read
catalogue   a brain's entries in memory, to look through in any order
imports     what a file would change, shown first and then done as a whole; staging compares,
            import_duplicates finds what asks the same, import_undo takes back
gap_desk    gaps: worked on and answered; closing and asking_again: what closes one;
            several_gaps: the same done to many; taking_back: an answer undone
broadcasts  notices: published, and told to every connected page at once
facts       the table of facts: fact_table builds it, fact_csv takes it to a spreadsheet and back,
            facts_given asks again what waited for one
impact      a change tried before it is published: trial asks, verdicts judge, warnings flag,
            previewed counts, deciding is what a visitor would get, wording compares texts,
            vocabulary knows which phrasings are too general
local_impact  the same for a local answer; local_readings is what visitors read there
conflicts   what does not go together, or no longer holds; twins finds entries on the same thing,
            overlap says how alike two are
suggestions phrasings from what visitors really asked
ask_as      one question in several bodies, side by side, leaving no trace
plain_language  is it easy to read: source masks Markdown, passive and *.toml know the words
nynorsk     a draft by apertium, where it is installed
local_answers  a body's own text beside the shared one, and whether it has grown old
"""

from router.curation.content import Curation

__all__ = ["Curation"]
