"""Which phrasings are too general: their words are in many other entries' phrasings too.

"Hva koster det" is nobody's: the entries on kindergartens, after-school care and
parking all have those words. Two signs, counted in entries: every word is a common
one; or several other entries have a phrasing with all the words at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from embeddings.matcher import folded

# Shares of the entries that have a word: from here it tells little, and from here nothing.
COMMON_SHARE, COMMON_MIN = 0.05, 6
EVERYWHERE_SHARE = 0.15
OTHERS_MIN = 3
# Words that are in so many more of the entry's own phrasings than in anybody else's are its own.
OWN_TIMES = 2


class Vocabulary:
    """Of the phrasings of entries, by id."""

    def __init__(self, phrasings: Mapping[str, Iterable[str]]) -> None:
        self._words = {
            id: [frozenset(folded(text).split()) for text in texts]
            for id, texts in phrasings.items()
        }
        self._entries: defaultdict[str, set[str]] = defaultdict(set)
        for id, rows in self._words.items():
            for word in frozenset[str]().union(*rows):
                self._entries[word].add(id)

    def shared_with(self, text: str, own: str) -> list[str]:
        """The other entries that a phrasing of `own` could as well be about, those with most such
        phrasings first; none where it is particular enough."""
        words = set(folded(text).split())
        if not words:
            return []
        rarest = min(sorted(words), key=self._spread)
        if self._spread(rarest) > max(COMMON_SHARE * len(self._words), COMMON_MIN):
            return [id for id, _ in self._with_all({rarest}).most_common() if id != own]
        everywhere = EVERYWHERE_SHARE * len(self._words)
        particular = {word for word in words if self._spread(word) <= everywhere}
        if not particular:  # as in a brain of a few entries, where nothing can be told
            return []
        counts = self._with_all(particular)
        mine = counts.pop(own, 0)
        if len(counts) < OTHERS_MIN or mine > OWN_TIMES * max(counts.values()):
            return []
        return [id for id, _ in counts.most_common()]

    def _spread(self, word: str) -> int:
        """In how many entries it is."""
        return len(self._entries.get(word, ()))

    def _with_all(self, words: set[str]) -> Counter[str]:
        """How many phrasings of each entry have all of the words."""
        possible = set.intersection(*(self._entries.get(word, set()) for word in words))
        counts = {id: sum(words <= row for row in self._words[id]) for id in sorted(possible)}
        return Counter({id: count for id, count in counts.items() if count})
