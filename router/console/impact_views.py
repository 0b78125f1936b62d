"""What a change would do, as pages show it: the warnings in words, and the questions in groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from brains.knowledge import key_of, title_of
from brains.model import Entry
from router.console import frame
from router.console.entry_links import audience_name
from router.console.frame import AnyRequest
from router.curation.impact import Impact
from router.curation.warnings import Reason

CHANGES_SHOWN = 100


class Warned(msgspec.Struct, frozen=True):
    """One reason, with the questions it is about, and the answers or bodies it touches."""

    text: str
    questions: list[str]
    others: list[str]


def shown(request: AnyRequest, brain: str, impact: Impact) -> dict[str, Any]:
    """What the templates `entries/impact_summary.html` and `impact_changes.html` are given.

    An editor of one body is shown that body's own questions.
    """
    own = frame.own_body(request)
    changes = [one for one in impact.changes if own in (None, one.body)]
    known = frame.service(request).knowledge.entries.get(brain, {})
    return {
        "impact": impact,
        "reasons": [_warned(request, one, known) for one in impact.reasons],
        "groups": [
            (judged, [one for one in changes if one.judgement == judged][:CHANGES_SHOWN])
            for judged in ("worse", "different", "better")
        ],
        "per_body": sorted(
            (audience_name(request, body), counts)
            for body, counts in impact.per_body.items()
            if own in (None, body)
        ),
        "titles": {
            key_of(id, entry.id): title_of(entry)
            for id, entries in frame.service(request).knowledge.entries.items()
            for entry in entries.values()
        },
        "name_of": lambda scope: audience_name(request, scope),
    }


def _warned(request: AnyRequest, reason: Reason, known: Mapping[str, Entry]) -> Warned:
    """Why it does harm, in the person's language."""
    key = reason.kind.replace(" ", "_").replace("'", "")
    lacking = reason.kind == "lacks facts"
    others = [
        audience_name(request, id) if lacking else title_of(known[id]) if id in known else id
        for id in reason.others
    ]
    text = frame.say(request, f"entries.reason.{key}", count=reason.count)
    return Warned(text, reason.texts, others)
