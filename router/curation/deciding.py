"""What a question gets, of what a search found for it: the decision a visitor would meet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import msgspec

from brains.knowledge import FactMissing, Found, Knowledge
from brains.model import Body, Entry
from embeddings.matcher import Scored
from router import decide
from router.curation.verdicts import Verdict


class Deciding(msgspec.Struct, frozen=True):
    """Decides as the way of a message does, and records nothing."""

    knowledge: Knowledge
    limits: Callable[[], decide.Limits]

    def verdict(
        self,
        scored: Sequence[Scored],
        body: Body,
        language: str,
        now: dt.datetime,
        instead: Mapping[str, Entry],
    ) -> Verdict:
        """What a question of the body's visitors gets, where `instead` has entries by key that
        are not as they are published."""
        found = self.knowledge.candidates(scored, body.id, now, instead)
        probability, best = (found[0].probability, found[0].key) if found else (0.0, "")
        match decide.decide(found, body, self.limits()):
            case decide.Answer(one):
                return self._answered(one, body, None, instead, language)
            case decide.Refer(owner, one) if one is not None and one.kind == "entry":
                speaker = self.knowledge.body(owner)
                return self._answered(one, speaker, owner, instead, language)
            case decide.Refer(owner, one):
                title = one.title if one else ""
                return Verdict("referred", probability, best, title=title, owner=owner)
            case decide.AskMunicipality(_, one):
                return Verdict("clarify", probability, best, offered=(one.key,))
            case decide.Ask(close):
                offered = tuple(one.key for one in close)
                return Verdict("clarify", probability, best, title=close[0].title, offered=offered)
        return Verdict("unanswered", probability, best)

    def missing(self, entry: Entry, body: Body, language: str) -> str | None:
        """The fact for want of which the body would not give the entry."""
        texts = self.knowledge.texts_in(entry, body)
        answer = self.knowledge.worded(entry, texts, body.id, [language])
        return answer.key if isinstance(answer, FactMissing) else None

    def _answered(
        self,
        found: Found,
        speaker: Body,
        owner: str | None,
        instead: Mapping[str, Entry],
        language: str,
    ) -> Verdict:
        """An answer, unless the speaker lacks a fact for it."""
        assert found.brain is not None
        entry = instead.get(found.key) or self.knowledge.entry(found.brain, found.id)
        missing = self.missing(entry, speaker, language)
        return Verdict(
            "unanswered" if missing else "answered" if owner is None else "referred",
            found.probability,
            found.key,
            found.brain,
            found.id,
            found.title,
            owner,
            missing_fact=missing,
        )
