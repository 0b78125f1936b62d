"""What a change would do, as pages show it: the warnings in words, and the questions in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from brains.knowledge import key_of, title_of
from brains.knowledge.items import matcher_key
from brains.model import Entry
from router.console import frame
from router.console.entry_links import Names, audience_name
from router.console.frame import AnyRequest
from router.curation.previewed import Counts, Impact
from router.curation.warnings import Reason

CHANGES_SHOWN = 100
OF_BODIES = ("lacks facts", "loses bodies", "has own text")
OF_LANGUAGES = ("drops languages", "fewer languages", "wrong language")


class Warned(msgspec.Struct, frozen=True):
    """One reason, with the questions it is about, and the answers or bodies it touches."""

    text: str
    questions: list[str]
    others: list[str]
    does_harm: bool


def shown(
    request: AnyRequest, brain: str, impact: Impact, proposed: Entry | None = None
) -> dict[str, Any]:
    """What the templates `entries/impact_summary.html` and `impact_changes.html` are given.

    An editor of one body is shown that body's own questions. `proposed` is an answer that is not
    there yet.
    """
    own = frame.own_body(request)
    changes = [one for one in impact.changes if own in (None, one.body)]
    seen = {body: one for body, one in impact.per_body.items() if own in (None, body)}
    return {
        "impact": impact,
        "reasons": reasons(request, brain, impact.reasons),
        "groups": [
            (judged, [one for one in changes if one.judgement == judged][:CHANGES_SHOWN])
            for judged in ("worse", "different", "better")
        ],
        "per_body": sorted(
            ((audience_name(request, body), one) for body, one in seen.items() if _touched(one)),
            key=lambda row: (-row[1].worse, -row[1].different, -row[1].better, row[0].casefold()),
        ),
        "as_before": sum(not _touched(one) for one in seen.values()),
        "titles": _titles(request, brain, proposed),
        "name_of": lambda scope: audience_name(request, scope),
    }


def reasons(request: AnyRequest, brain: str, found: Sequence[Reason]) -> list[Warned]:
    """The warnings in the person's language."""
    known = frame.service(request).knowledge.entries.get(brain, {})
    return [_warned(request, one, known) for one in found]


def _titles(request: AnyRequest, brain: str, proposed: Entry | None) -> dict[str, str]:
    """What candidates are called, by key: answers, and other bodies' matters."""
    known = frame.service(request).knowledge
    titles = {} if proposed is None else {key_of(brain, proposed.id): title_of(proposed)}
    for id, entries in known.entries.items():
        titles |= {key_of(id, entry.id): title_of(entry) for entry in entries.values()}
    for body, remits in known.remits.items():
        called = audience_name(request, body)
        titles |= {
            matcher_key("remit", body, one.topic): f"{one.title} ({called})"
            for one in remits.values()
        }
    return titles


def _touched(one: Counts) -> bool:
    return bool(one.worse or one.different or one.better)


def _warned(request: AnyRequest, reason: Reason, known: Mapping[str, Entry]) -> Warned:
    """Why it does harm, in the person's language."""
    key = reason.kind.replace(" ", "_").replace("'", "")
    others = [_called(request, reason, one, known) for one in reason.others]
    when = _when(request, reason)
    text = frame.say(request, f"entries.reason.{key}", count=reason.count, when=when)
    return Warned(text, reason.texts, others, reason.does_harm)


def _called(request: AnyRequest, reason: Reason, one: str, known: Mapping[str, Entry]) -> str:
    """One body, language or answer that a reason touches."""
    if reason.kind in OF_BODIES:
        return audience_name(request, one)
    if reason.kind in OF_LANGUAGES:
        return frame.tongue(request, one)
    return title_of(known[one]) if one in known else one


def _when(request: AnyRequest, reason: Reason) -> str:
    """The time without an answer."""
    names = Names(request)
    if reason.until is not None:
        return frame.say(request, "entries.reason.until", until=names.day(reason.until))
    return frame.say(request, "entries.reason.after", last=names.last_day(reason.since))
