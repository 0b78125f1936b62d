"""One node's view of the shared knowledge, in memory: what to find, and what to answer.

It holds every brain of the installation as plain dicts, and one matcher with
an item for each entry visitors may see now and for each remit. The change
feed keeps it up: `catch_up` reads the lines after the last one it applied,
loads what they name in the same snapshot, and applies it between two awaits,
so that nobody meets an entry half changed. `follow` does that for ever, and
refits the matcher in the background.

    node        `Knowledge`: all of it together, kept up with the change feed
    published   what is published now, as dicts: looked up, and changed by the feed
    visibility  who sees an entry, and when
    answers     how a text reads in one body: its language, its facts

    candidates  what the matcher found becomes candidates with owners
    findable    what the matcher holds: windows that open and shut, vectors that are waited for
    items       entries and remits as the matcher takes them

    snapshots   what the database says about what changed
    popularity  what is asked most in a month
    refitting   when the matcher is fitted again

A search goes: `Knowledge.find` lets in what has become due (`findable`), asks
the matcher, and makes candidates of what it says. A change goes: `catch_up`
reads a snapshot, `published` takes the documents, `findable` the items.
"""

from brains.knowledge.answers import Answer, FactMissing, choose, title_of
from brains.knowledge.candidates import Found, Part
from brains.knowledge.findable import Searches
from brains.knowledge.items import item_of, key_of
from brains.knowledge.node import Knowledge
from brains.knowledge.visibility import scopes_of

__all__ = [
    "Answer",
    "FactMissing",
    "Found",
    "Knowledge",
    "Part",
    "Searches",
    "choose",
    "item_of",
    "key_of",
    "scopes_of",
    "title_of",
]
