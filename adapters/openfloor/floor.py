"""What we do on each event of an envelope, as the specification's section 2.1 has it.

Events for others are passed over. A conversation begins with an invitation, or with a first
utterance where nobody troubles to invite. After `uninvite` nothing is answered until the
next invitation. Without the floor (`floorGranted` names others) only what is said to us by
name is answered. `bye`, `acceptInvite`, `declineInvite`, `requestFloor`, `grantFloor`,
`yieldFloor` and `publishManifests` ask nothing of us.
"""

from __future__ import annotations

import msgspec
from litestar.exceptions import ClientException

from adapters import plain
from adapters.openfloor import identity, utterances
from adapters.openfloor.manifests import manifests
from adapters.openfloor.seat import Seat
from adapters.openfloor.shapes import (
    Conversant,
    Conversation,
    DialogEvent,
    Envelope,
    Event,
    Ours,
    Parameters,
    Payload,
    Sender,
    To,
    payload,
)
from router.adapters import Desk, Served
from router.messages import Reply, Speaker


class Floor:
    """One envelope to one body's bot; `answer` makes the envelope that goes back."""

    def __init__(
        self, desk: Desk, caller: str, address: str, body: Served, envelope: Envelope
    ) -> None:
        self._desk = desk
        self._address = address
        self._body = body
        self._envelope = envelope
        self._seat = Seat(desk, caller, envelope.conversation.id, body.id)
        self._me = identity.identity(address, body.id)
        self._mine = [event for event in envelope.events if self._me.is_meant(event)]
        self._events: list[Event] = []
        self._others: dict[str, Speaker] = {}

    async def answer(self) -> Payload:
        """Raises what the desk raises, and `ClientException` for what cannot be understood."""
        # First who is in the conversation, then what is said in it.
        for event in sorted(self._mine, key=lambda event: event.event_type == "utterance"):
            match event.event_type:
                case "invite":
                    await self._invited(event)
                case "uninvite":
                    await self._seat.give_up()
                case "getManifests":
                    await self._publish(event)
                case "utterance" if self._is_for_answering(event):
                    await self._heard(event)
        sender = Sender(speaker_uri=self._me.speaker_uri, service_url=self._me.service_url)
        conversation = Conversation(
            id=self._envelope.conversation.id, conversants=self._conversants()
        )
        return payload(conversation, sender, self._events)

    async def _invited(self, event: Event) -> None:
        """Accepts, greets in a new conversation, and answers what was asked last before it."""
        history = (event.parameters and event.parameters.dialog_history) or []
        last = history[-1] if history else None
        self._events.append(Event(event_type="acceptInvite", to=self._back()))
        if await self._seat.talk() is None:
            language = _language(last) if last is not None else None
            first = await (await self._seat.take(language)).first()
            self._say(utterances.of_greeting(first, self._me.speaker_uri), private=False)
        if last is not None and last.speaker_uri != self._me.speaker_uri:
            await self._reply_to(last, private=False)

    async def _publish(self, event: Event) -> None:
        """Names the manifests that are asked for; none where another speaker's is."""
        task = next((one for one in self._mine if self._is_task(one)), None)
        question = utterances.text_of(_spoken(task)) if task is not None else None
        scope = (event.parameters and event.parameters.recommend_scope) or "internal"
        named = event.to.speaker_uri if event.to is not None else None
        found = []
        if named in (None, self._me.speaker_uri):
            found = await manifests(self._desk, self._address, self._body, scope, question)
        told = Parameters(servicing_manifests=found, discovery_manifests=[])
        self._events.append(Event(event_type="publishManifests", to=self._back(), parameters=told))

    async def _heard(self, event: Event) -> None:
        if not await self._seat.is_given_up():
            await self._reply_to(_spoken(event), bool(event.to and event.to.private))

    async def _reply_to(self, spoken: DialogEvent, private: bool) -> None:
        text, wanted = utterances.text_of(spoken), _wanted(spoken)
        talk = await self._seat.talk() or await self._seat.take(_language(spoken))
        choice = wanted.choice or plain.chosen(text, await plain.offered(talk))
        reply = await talk.say(text, choice, wanted.via)
        self._say(utterances.of_reply(reply, self._speaker(reply)), private)

    def _say(self, spoken: DialogEvent, private: bool) -> None:
        to = To(speaker_uri=self._envelope.sender.speaker_uri, private=True) if private else None
        told = Parameters(dialog_event=spoken)
        self._events.append(Event(event_type="utterance", to=to, parameters=told))

    def _is_for_answering(self, event: Event) -> bool:
        """Not what describes a task, what we said ourselves, or what others talk about."""
        if self._is_task(event) or _spoken(event).speaker_uri == self._me.speaker_uri:
            return False
        if event.to is not None:
            return True
        granted = self._envelope.conversation.floor_granted
        silenced = granted is not None and self._me.speaker_uri not in granted
        told_before = any(
            one.event_type == "invite" and one.parameters and one.parameters.dialog_history
            for one in self._mine
        )
        return not (silenced or told_before or self._has("revokeFloor"))

    def _is_task(self, event: Event) -> bool:
        """A private utterance beside `getManifests` says what the manifests are wanted for."""
        private = event.event_type == "utterance" and bool(event.to and event.to.private)
        return private and self._has("getManifests")

    def _has(self, kind: str) -> bool:
        return any(event.event_type == kind for event in self._mine)

    def _speaker(self, reply: Reply) -> str:
        """The URI of the body that speaks, which may be another than the one asked."""
        if reply.body.id != self._body.id:
            self._others[reply.body.id] = reply.body
        return identity.identity(self._address, reply.body.id).speaker_uri

    def _conversants(self) -> list[Conversant]:
        """Us, and the bodies that spoke through us."""
        served = {one.id: one for one in self._desk.bodies()} if self._others else {}
        people = [identity.of_served(self._address, self._body)]
        for id, speaker in self._others.items():
            known = served.get(id)
            who = identity.identity(self._address, id)
            if known is None:  # it is reached through us
                who = identity.Identity(who.speaker_uri, self._me.service_url)
            language = known.language if known is not None else self._body.language
            people.append(identity.identification(who, speaker.name, language))
        return [Conversant(identification=one) for one in people]

    def _back(self) -> To:
        sender = self._envelope.sender
        return To(speaker_uri=sender.speaker_uri, service_url=sender.service_url)


def _spoken(event: Event) -> DialogEvent:
    if event.parameters is None or event.parameters.dialog_event is None:
        raise ClientException("An utterance needs parameters.dialogEvent: what is said.")
    return event.parameters.dialog_event


def _wanted(spoken: DialogEvent) -> Ours:
    try:
        return utterances.wanted(spoken)
    except msgspec.ValidationError as error:
        raise ClientException(f"The feature {utterances.OURS} is wrong: {error}") from None


def _language(spoken: DialogEvent) -> str | None:
    return _wanted(spoken).language or utterances.language_of(spoken)
