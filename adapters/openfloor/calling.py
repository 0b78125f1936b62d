"""Asking a partner at its floor: we are the floor manager of a conversation of two.

A new conversation is an invitation, with what was said before where the visitor consents,
and its greeting is passed over; then each question is one utterance, said to the partner in
the visitor's name. The partner's own speakerUri is what we remember between questions.
"""

from __future__ import annotations

import secrets
from urllib.parse import quote

import msgspec

from adapters.openfloor import utterances
from adapters.openfloor.reading import told_by
from adapters.openfloor.shapes import (
    Conversant,
    Conversation,
    DialogEvent,
    Envelope,
    Event,
    EventType,
    Identification,
    Manifest,
    Ours,
    Parameters,
    Payload,
    Sender,
    To,
    payload,
)
from router.adapters import Card, Line, PartnerFailed, Question, Said, Told, Topic

SETTINGS = {
    "speaker_uri": "the partner's own speakerUri, where several share one address",
    "own_uri": "the speakerUri that we present ourselves by; urn:samsvar:<body> without it",
    "own_url": "the serviceUrl that we present ourselves by",
}
UNANSWERED_REASONS = ("@outOfDomain", "@refused")

_payload = msgspec.json.Decoder(Payload)


async def ask(line: Line, question: Question) -> Told:
    """Invites the partner where it is not in the conversation yet, and says the question."""
    partner = question.state
    if not partner:
        invited = await _exchange(line, question, _invitation(line, question))
        if declined := _declined(invited):
            return declined
        partner = invited.sender.speaker_uri
    answer = await _exchange(line, question, _utterance(line, question, partner))
    return told_by(answer, partner)


async def card(line: Line) -> Card | None:
    """The partner's manifest: with several, the one that has its speakerUri, else the first."""
    event = _event(line, "getManifests", Parameters(recommend_scope="internal"))
    sender = Sender(speaker_uri=line.settings.get("own_uri") or "urn:samsvar")
    conversation = Conversation(id=f"conv:{secrets.token_hex(16)}")
    answer = await _post(line, payload(conversation, sender, [event]))
    published = [
        manifest
        for event in answer.events
        if event.event_type == "publishManifests" and event.parameters is not None
        for manifest in event.parameters.servicing_manifests or []
    ]
    if not published:
        raise PartnerFailed("It published no manifest.")
    wanted = line.settings.get("speaker_uri")
    found = (one for one in published if one.identification.speaker_uri == wanted)
    return _card(next(found, published[0]))


async def _exchange(line: Line, question: Question, event: Event) -> Envelope:
    url = line.settings.get("own_url")
    sender = Sender(speaker_uri=_own_uri(line, question), service_url=url)
    conversation = Conversation(
        id=question.conversation, conversants=_us(line, question, url) if url else []
    )
    answer = await _post(line, payload(conversation, sender, [event]))
    if answer.conversation.id != question.conversation:
        raise PartnerFailed("Its envelope is of another conversation.")
    return answer


async def _post(line: Line, sent: Payload) -> Envelope:
    headers = {"Content-Type": "application/json"}
    if line.secret:
        headers["Authorization"] = f"Bearer {line.secret}"
    response = await line.http.post(
        line.address, content=msgspec.json.encode(sent), headers=headers
    )
    response.raise_for_status()
    try:
        return _payload.decode(response.content).open_floor
    except msgspec.DecodeError as error:
        raise PartnerFailed(f"It sent no envelope of Open Floor: {error}") from None


def _invitation(line: Line, question: Question) -> Event:
    history = [_heard(line, question, one) for one in question.transcript]
    return _event(line, "invite", Parameters(dialog_history=history or None))


def _utterance(line: Line, question: Question, partner: str) -> Event:
    ours = Ours(choice=question.choice, language=question.language, via=question.via)
    text = question.text or question.choice or ""
    spoken = utterances.said(_visitor(line, question), question.language, text, ours=ours)
    return _event(line, "utterance", Parameters(dialog_event=spoken), partner)


def _event(
    line: Line, kind: EventType, parameters: Parameters, partner: str | None = None
) -> Event:
    partner = partner or line.settings.get("speaker_uri") or None
    to = To(service_url=line.address, speaker_uri=partner)
    return Event(event_type=kind, to=to, parameters=parameters)


def _us(line: Line, question: Question, url: str) -> list[Conversant]:
    """How we are presented; without an address of ours nobody can be, and need not."""
    us = Identification(
        speaker_uri=_own_uri(line, question),
        service_url=url,
        organization=question.sender_name,
        conversational_name=question.sender_name,
        synopsis=question.sender_name,
    )
    return [Conversant(identification=us)]


def _own_uri(line: Line, question: Question) -> str:
    return line.settings.get("own_uri") or f"urn:samsvar:{question.sender}"


def _visitor(line: Line, question: Question) -> str:
    return f"{_own_uri(line, question)}:visitor"


def _heard(line: Line, question: Question, said: Said) -> DialogEvent:
    """A line of the transcript: the visitor's own, one of ours, or of another that was met."""
    if said.by == "visitor":
        speaker = _visitor(line, question)
    else:
        speaker = _own_uri(line, question)
        if said.name != question.sender_name:
            speaker = f"{speaker}:{quote(said.name)}"
    return utterances.said(speaker, question.language, said.text)


def _declined(answer: Envelope) -> Told | None:
    """None where the invitation stands: a partner need not say that it accepts."""
    for event in answer.events:
        if event.event_type == "declineInvite":
            reason = event.reason or ""
            if any(token in reason for token in UNANSWERED_REASONS):
                return Told(kind="unanswered", ended=True)
            raise PartnerFailed("It declined the invitation.")
    return None


def _card(manifest: Manifest) -> Card:
    who, can = manifest.identification, manifest.capabilities
    spoken = dict.fromkeys(tag for one in can for tag in one.languages or [])
    return Card(
        name=who.conversational_name or who.organization or who.speaker_uri,
        description=who.synopsis,
        languages=tuple(spoken),
        topics=tuple(
            Topic(str(number), title, tuple(dict.fromkeys([*one.keyphrases, *one.descriptions])))
            for number, one in enumerate(can, start=1)
            if (title := _title(one.keyphrases, one.descriptions))
        ),
    )


def _title(keyphrases: list[str], descriptions: list[str]) -> str:
    """A single key phrase names a topic; of several, the description says what they share."""
    named = keyphrases if len(keyphrases) == 1 else descriptions or keyphrases
    return named[0] if named else ""
