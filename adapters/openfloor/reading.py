"""What a partner's envelope tells: its utterances, as they came, and whether it goes on.

A Samsvar says all of its reply in its own feature; of anybody else the words are read.
"""

from __future__ import annotations

from html import escape

import msgspec

from adapters import ours
from adapters.openfloor.shapes import DialogEvent, Envelope, Event
from adapters.openfloor.utterances import language_of, ours_of, text_of
from router.adapters import PartnerFailed, Told

LEAVING = ("bye", "uninvite", "declineInvite")
OUT_OF_DOMAIN = "@outOfDomain"


def told_by(answer: Envelope, partner: str) -> Told:
    """`partner` is what to remember of it. Raises `PartnerFailed` where it said nothing.

    It does not know where it yields the floor as out of its domain, or only names others.
    """
    said = [
        event.parameters.dialog_event
        for event in answer.events
        if event.event_type == "utterance"
        and event.parameters is not None
        and event.parameters.dialog_event is not None
    ]
    ended = any(event.event_type in LEAVING for event in answer.events)
    unanswered = any(_is_out_of_domain(event) for event in answer.events)
    if not said:
        unanswered |= any(event.event_type == "publishManifests" for event in answer.events)
    if not said and not (ended or unanswered):
        raise PartnerFailed("It said nothing.")
    whole = ours.read(ours_of(said[0])) if len(said) == 1 else None
    told = whole or _words(said, _names(answer))
    kind = "unanswered" if unanswered else told.kind
    return msgspec.structs.replace(told, kind=kind, ended=ended, state=partner)


def _words(said: list[DialogEvent], names: dict[str, str]) -> Told:
    """All utterances as one, with HTML where any has it."""
    if not said:
        return Told()
    marked = any(text_of(one, "html") for one in said)
    return Told(
        text="\n\n".join(text_of(one) for one in said),
        html="".join(_html(one) for one in said) if marked else "",
        language=language_of(said[-1]),
        speaker=names.get(said[-1].speaker_uri),
    )


def _html(one: DialogEvent) -> str:
    return text_of(one, "html") or f"<p>{escape(text_of(one))}</p>"


def _names(answer: Envelope) -> dict[str, str]:
    people = (one.identification for one in answer.conversation.conversants)
    return {who.speaker_uri: who.conversational_name for who in people if who.conversational_name}


def _is_out_of_domain(event: Event) -> bool:
    yields = event.event_type in ("yieldFloor", "declineInvite")
    return yields and OUT_OF_DOMAIN in (event.reason or "")
