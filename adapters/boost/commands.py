"""What each command does. One function a command: a `Call` in, an `Answer` out."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar.exceptions import ClientException, HTTPException

from adapters.boost import elements, shapes
from adapters.boost.shapes import Answer, ChatStatus, Command, Conversation, Response, State
from router.adapters import Desk, Talk
from router.messages import Handover, Reply, Turn

NAME = "boost"
ID_BYTES = 24


class SessionEnded(HTTPException):
    """The conversation is not there, not any more, or another caller's."""

    status_code = 410
    detail = shapes.ENDED


class Call(msgspec.Struct, frozen=True):
    """One command of a caller's, to the bot of a body."""

    desk: Desk
    caller: str
    body: str
    asked: Command

    @property
    def filters(self) -> list[str]:
        return self.asked.filter_values or []

    @property
    def clean(self) -> bool:
        return bool(self.asked.clean)

    async def talk(self) -> Talk:
        """The conversation that the command names. Raises `SessionEnded`."""
        id = self.asked.conversation_id
        if id is None:
            raise ClientException(f"{self.asked.command} needs a conversation_id: START gives one.")
        talk = await self.desk.find(NAME, self.caller, id, self.body)
        if talk is None:
            raise SessionEnded
        return talk

    def conversation(
        self, talk: Talk, id: str, status: ChatStatus = "virtual_agent", ended: bool = False
    ) -> Conversation:
        """As every answer has it."""
        human = status != "virtual_agent"
        return Conversation(id, talk.id, State(status, human, self.desk.chars_max, True, ended))


async def start(call: Call) -> Answer:
    """A new conversation, in the language of the filter values or of the page."""
    asked = call.asked
    tags = [elements.chosen_language(call.filters), asked.language]
    wanted = [*tags, *(asked.preferred_client_languages or [])]
    # The body is in the id, so that an address without it finds the conversation again.
    id = f"{call.body}.{secrets.token_urlsafe(ID_BYTES)}"
    language = next((one for one in wanted if one), None)
    talk = await call.desk.start(NAME, call.caller, id, call.body, language)
    silent = bool(asked.skip_welcome_message)
    opening = elements.of_opening(await talk.first(), _now(), call.clean, silent)
    return Answer(call.conversation(talk, id), response=opening)


async def post(call: Call) -> Answer:
    """A message, a pressed button, a thumb."""
    kind = call.asked.type
    if kind is None:
        raise ClientException("POST needs a type: text, action_link or feedback, for example.")
    if kind == "files":
        raise ClientException("Files are not taken here. Send what is asked as type text.")
    talk = await call.talk()
    if kind == "feedback":
        await _thumb(call, talk)
    if kind in ("feedback", "external_link"):  # only for us to know: nothing is said to it
        return Answer(_standing(call, talk, await talk.turns()))
    chosen = elements.chosen_language(call.filters)
    if chosen is not None and chosen != talk.language:
        await talk.speak(chosen)
    if kind == "text":
        reply = await talk.say(_value(call, str), via=call.asked.via())
    else:
        reply = await talk.say(choice=_id(call), via=call.asked.via())
    return Answer(
        call.conversation(talk, call.asked.conversation_id or "", _after(reply)),
        posted_id=reply.turn - 1,
        response=elements.of_reply(reply, call.body, _now(), call.clean),
    )


async def resume(call: Call) -> Answer:
    """The whole conversation again."""
    talk = await call.talk()
    turns = await talk.turns()
    at = turns[0].at if turns else _now()
    opening = elements.of_opening(await talk.first(), at, call.clean, silent=False)
    said = _responses(call, talk, turns)
    return Answer(_standing(call, talk, turns), responses=[opening, *said])


async def poll(call: Call) -> Answer:
    """What was said since the response whose id is the value."""
    talk = await call.talk()
    last = _number(call.asked.value if call.asked.value is not None else elements.GREETING)
    turns = await talk.turns()
    newer = [turn for turn in turns if turn.turn > last][: shapes.RESPONSES_MAX]
    return Answer(_standing(call, talk, turns), responses=_responses(call, talk, newer))


async def state(call: Call) -> Answer:
    """How the conversation stands: TYPING, and POLLSTOP where no human has it."""
    talk = await call.talk()
    return Answer(_standing(call, talk, await talk.turns()))


async def stop(call: Call) -> Answer:
    """The caller is done with it: its id is good for nothing more."""
    talk = await call.talk()
    id = call.asked.conversation_id or ""
    await call.desk.release(NAME, call.caller, id, call.body)
    return Answer(call.conversation(talk, id, ended=True))


async def delete(call: Call) -> Answer:
    """The visitor erases it."""
    talk = await call.talk()
    await talk.erase()
    return Answer(call.conversation(talk, call.asked.conversation_id or "", ended=True))


async def download(call: Call) -> str:
    """The conversation as plain text."""
    return await (await call.talk()).transcript()


async def feedback(call: Call) -> Answer:
    """How it was, at its end. The last reply bears it: a conversation has no thumb of its own."""
    rating = _value(call, shapes.Rating)
    talk = await call.talk()
    turns = await talk.turns()
    replies = [turn.turn for turn in turns if turn.sender != "visitor"]
    if replies:
        await talk.feedback(replies[-1], rating.rating > 0, rating.text or None)
    return Answer(_standing(call, talk, turns))


async def human_chat_post(call: Call) -> Answer:
    """Another chat desk's words: only where one has the conversation, and here none ever has."""
    await call.talk()
    raise ClientException("No other chat desk has this conversation, so it takes no HUMANCHATPOST.")


async def not_here(call: Call) -> Answer:
    """CONFIG has an address of its own."""
    raise ClientException(f"Send {call.asked.command} to /api/chat_panel/v2.")


COMMANDS: Mapping[str, Callable[[Call], Awaitable[Answer | str]]] = {
    "START": start,
    "POST": post,
    "RESUME": resume,
    "POLL": poll,
    "POLLSTOP": state,
    "STOP": stop,
    "DELETE": delete,
    "DOWNLOAD": download,
    "FEEDBACK": feedback,
    "TYPING": state,
    "HUMANCHATPOST": human_chat_post,
    "CONFIG": not_here,
}


async def _thumb(call: Call, talk: Talk) -> None:
    meant: dict[shapes.Thumb, bool | None] = {"positive": True, "negative": False}
    helpful = meant.get(_value(call, shapes.Thumb))
    turn = _number(_id(call))
    if turn != int(elements.GREETING):  # a greeting answers nothing
        await talk.feedback(turn, helpful)


def _standing(call: Call, talk: Talk, turns: Sequence[Turn]) -> Conversation:
    last = next((turn for turn in reversed(turns) if turn.sender != "visitor"), None)
    return call.conversation(talk, call.asked.conversation_id or "", _status(last))


def _status(last: Turn | None) -> ChatStatus:
    """Who has the conversation, by the last thing said in it that the visitor did not say."""
    if last is not None and last.sender == "agent":
        return "assigned_to_human"
    return _after(last.reply if last is not None else None)


def _after(reply: Reply | None) -> ChatStatus:
    queued = reply is not None and isinstance(reply.outcome, Handover) and reply.outcome.queue
    return "in_human_chat_queue" if queued else "virtual_agent"


def _responses(call: Call, talk: Talk, turns: Sequence[Turn]) -> list[Response]:
    return [elements.of_turn(turn, call.body, talk.language, call.clean) for turn in turns]


def _id(call: Call) -> str:
    if call.asked.id is None:
        raise ClientException(f"A POST of type {call.asked.type} needs an id.")
    return str(call.asked.id)


def _value(call: Call, kind: Any) -> Any:
    """The command's value as what it must be."""
    try:
        return msgspec.convert(call.asked.value, kind)
    except msgspec.ValidationError as error:
        raise ClientException(f"value: {error}") from None


def _number(id: Any) -> int:
    """The number of a turn, from a response's id."""
    text = str(id)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ClientException("The id of a response is a number.")
    return int(text)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
