"""Replies: what each outcome says, in the visitor's language, and who says it.

Each function makes one `Reply` from plain values; nothing here decides or
stores. Texts come from `router.texts`, answers from the brains.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from brains import rendering
from brains.knowledge import Answer, Found
from brains.model import Body, ContactPoint, Texts
from router import choices, opening
from router.adapters import Told
from router.detect.crisis import CrisisKind
from router.detect.crisis_replies import crisis_reply
from router.messages import (
    Answered,
    Candidate,
    Clarify,
    Contact,
    Crisis,
    Handover,
    Human,
    Option,
    Outcome,
    Referred,
    Reply,
    Source,
    Speaker,
    Unanswered,
)
from router.notices import OF_NOTICE, Noticed
from router.texts import language_name, say

# More bodies than this are named by writing, not chosen from.
MEMBERS_SHOWN_MAX = 8
URL_SCHEMES = {"phone": "tel:", "email": "mailto:"}


class Tried(NamedTuple):
    """A partner that was asked in vain: it failed, or said that it does not know."""

    name: str
    unknown: bool

    def why(self, language: str) -> str:
        if self.unknown:
            return say("partner_unknown", language, other=self.name)
        return say("partner_failed", language, other=self.name)


def answered(
    body: Body, answer: Answer, language: str, probability: float, now: dt.datetime
) -> Reply:
    """The answer, with a line in the visitor's language where it is in another."""
    parts = [answer.markdown]
    if answer.language != language:
        name = language_name(answer.language, language)
        parts.insert(0, f"*{say('other_language', language, language=name)}*")
    return _reply(
        body,
        Answered(answer.entry, answer.revision),
        parts,
        answer.language,
        now,
        sources=[Source(source.title, source.url) for source in answer.sources],
        probability=probability,
    )


def noticed(
    body: Body,
    notice: Noticed,
    close: Sequence[Option],
    language: str,
    probability: float,
    now: dt.datetime,
) -> Reply:
    """A notice that is about what was asked, where no answer is. `close` are what else it may
    have been about."""
    return _reply(
        body,
        Answered(f"{OF_NOTICE}{notice.id}", 0),
        _notice(body, notice, language),
        notice.language,
        now,
        options=[*close, Option(choices.HUMAN, say("talk_to_human", language))],
        probability=probability,
    )


def with_notice(reply: Reply, body: Body, notice: Noticed, language: str) -> Reply:
    """The reply, and first a notice that is about the same."""
    markdown = "\n\n".join(_notice(body, notice, language))
    return msgspec.structs.replace(
        reply,
        text=f"{rendering.plain(markdown)}\n\n{reply.text}",
        html=rendering.html(markdown) + reply.html,
    )


def _notice(body: Body, notice: Noticed, language: str) -> list[str]:
    parts = [f"**{say('notice', language, body=body.name)}**", notice.markdown]
    if notice.ends_at is not None:
        until = opening.moment(notice.ends_at, body)
        parts.append(f"*{say('notice_until', language, until=until)}*")
    return parts


def clarify(
    body: Body, close: Sequence[Found], names: dict[str, str], language: str, now: dt.datetime
) -> Reply:
    """Asks which was meant. `names` has the name of each candidate's owner, where not `body`."""
    question = say("clarify_one" if len(close) == 1 else "clarify_many", language)
    options = [Option(choices.of_found(one), _label(one, names)) for one in close]
    return _reply(
        body,
        Clarify([_candidate(one) for one in close]),
        [question],
        language,
        now,
        options=[*options, _none(language)],
        probability=close[0].probability,
    )


def ask_municipality(
    body: Body,
    found: Found,
    bodies: Sequence[Body],
    language: str,
    now: dt.datetime,
    earlier: str = "",
    unknown: str = "",
    *,
    several: bool = False,
) -> Reply:
    """Asks which of `bodies` is to answer `found`: with a button for each, or where they are many
    only for the one named `earlier`, and the name to be written. `unknown` was written and is
    none of them; `several` may be what was written."""
    if unknown:
        parts = [say("where_unknown", language, place=unknown)]
    else:
        parts = [say("where_several" if several else "clarify_municipality", language)]
    many = len(bodies) > MEMBERS_SHOWN_MAX
    if many:
        parts.append(say("where_type", language))
    candidates = [
        Candidate(
            choices.of_found(found, one.id), one.name, found.probability / len(bodies), None, one.id
        )
        for one in bodies
    ]
    return _reply(
        body,
        Clarify(candidates),
        parts,
        language,
        now,
        options=[
            Option(one.id, one.title) for one in candidates if not many or one.body == earlier
        ],
        probability=found.probability,
    )


def with_parts(reply: Reply, options: Sequence[Option], language: str) -> Reply:
    """The reply, and what other bodies have of the same matter, as buttons."""
    lead = say("shared_with", language)
    return msgspec.structs.replace(
        reply,
        text=f"{reply.text}\n\n{rendering.plain(lead)}",
        html=reply.html + rendering.html(lead),
        options=[*reply.options, *options],
    )


def referred_with_answer(body: Body, other: Body, reply: Reply, language: str) -> Reply:
    """Another body's question, answered here by its brain: that body speaks."""
    parts = [f"*{say('referred_answer', language, other=other.name)}*", reply.text]
    html = rendering.html(parts[0]) + reply.html
    return Reply(
        turn=0,
        outcome=Referred(other.id, other.id, other.website, reply),
        text=rendering.plain(parts[0]) + "\n\n" + reply.text,
        html=html,
        language=reply.language,
        body=speaker(other),
        human=reply.human,
        options=reply.options,
        sources=reply.sources,
        probability=reply.probability,
    )


def referred(
    body: Body,
    other: Body,
    url: str | None,
    close: Sequence[Found],
    language: str,
    probability: float,
    now: dt.datetime,
    tried: Sequence[Tried] = (),
) -> Reply:
    """Another body's question, which only that body answers: its name, link and contact points.

    Where partners were `tried` in vain, it says so, and offers a human.
    """
    parts = [say("referred", language, body=body.name, other=other.name)]
    parts += [one.why(language) for one in tried]
    url = url or other.website
    if url:
        parts.append(say("referred_link", language, other=other.name, url=url))
    contacts = contacts_of(other, language)
    if contacts:
        parts.append(say("referred_contact", language, other=other.name))
        parts.append(_list(contacts))
    answerable = [one for one in close if one.kind == "entry"]
    options = [Option(choices.of_found(one), one.title) for one in answerable]
    if options:
        parts.append(say("referred_maybe", language, other=other.name))
    if tried:
        options.append(Option(choices.HUMAN, say("talk_to_human", language)))
    return _reply(
        body,
        Referred(other.id, None, url, None),
        parts,
        language,
        now,
        options=options,
        probability=probability,
    )


def of_partner(
    body: Body,
    other: Body,
    told: Told,
    options: Sequence[Option],
    language: str,
    now: dt.datetime,
    *,
    first: bool,
) -> Reply:
    """What a partner told, said by it. `options` are its own, as ours; `told` is cleaned.

    `first` is that it speaks for the first time: then the visitor hears why. The way back is
    always among the options.
    """
    name = _named(other, told.speaker)
    lead = f"*{say('partner_lead', language, other=other.name, speaker=name)}*" if first else ""
    contacts = _list(told.contacts)
    outcome: Outcome = Referred(other.id, other.id, other.website, told.reply)
    if told.kind == "crisis":
        outcome = Crisis(list(told.contacts))
    return Reply(
        turn=0,
        outcome=outcome,
        text=_joined(rendering.plain(lead), told.text, rendering.plain(contacts)),
        html=rendering.html(lead) + told.html + rendering.html(contacts),
        language=told.language or language,
        body=Speaker(other.id, name),
        human=human(body, now),
        options=[*options, way_back(body, language)],
        sources=list(told.sources),
        probability=1.0 if told.reply is None else told.reply.probability,
    )


def way_back(body: Body, language: str) -> Option:
    """The button from a partner back to the body's own bot."""
    return Option(choices.BACK, say("partner_back", language, body=body.called))


def back(body: Body, popular: Sequence[Option], language: str, now: dt.datetime) -> Reply:
    """The visitor has left the partner: the body's own bot speaks again."""
    candidates = [Candidate(one.id, one.label, 0.0) for one in popular]
    text = say("partner_left", language, body=body.name)
    return _reply(body, Clarify(candidates), [text], language, now, options=popular)


def handover(body: Body, language: str, now: dt.datetime) -> Reply:
    """The ways to reach a human, and when."""
    contacts = contacts_of(body, language)
    if contacts:
        parts = [say("handover", language, body=body.name), _list(contacts)]
    else:
        url = body.website or ""
        parts = [say("handover_no_contacts", language, body=body.name, url=url)]
    parts.append(opening.describe(body, now, language))
    is_open = opening.open_until(body, now) is not None
    outcome = Handover(None, None, contacts, is_open if body.opening_hours else None)
    return _reply(body, outcome, parts, language, now)


def crisis(body: Body, kind: CrisisKind, language: str, now: dt.datetime) -> Reply:
    """The fixed crisis reply. The same for every body; none can change it."""
    text = crisis_reply(kind, language)
    return _reply(body, Crisis(text.contacts), [text.text_markdown], text.language, now)


def unanswered(
    body: Body,
    gap: str | None,
    missing_fact: str | None,
    language: str,
    probability: float,
    now: dt.datetime,
) -> Reply:
    """Says so plainly, and offers a human."""
    if missing_fact is not None:
        first = say("unanswered_missing", language, body=body.name)
    else:
        first = say("unanswered", language)
    return _reply(
        body,
        Unanswered(gap, missing_fact),
        [first, say("offer_human", language)],
        language,
        now,
        options=[Option(choices.HUMAN, say("talk_to_human", language))],
        probability=probability,
    )


def choice_gone(body: Body, language: str, now: dt.datetime) -> Reply:
    """The button's entry has been retired since it was offered."""
    human = Option(choices.HUMAN, say("talk_to_human", language))
    return _reply(
        body, Unanswered(), [say("choice_gone", language)], language, now, options=[human]
    )


def speaker(body: Body) -> Speaker:
    return Speaker(body.id, body.name, body.bot_name or None)


def human(body: Body, now: dt.datetime) -> Human:
    """Whether a human of the body can be reached now."""
    return Human(bool(body.contacts) and opening.open_until(body, now) is not None)


def greeting(body: Body, language: str) -> str:
    return in_language(body.greeting, language) or say("greeting", language, body=body.name)


def contacts_of(body: Body, language: str) -> list[Contact]:
    return [_contact(point, language) for point in body.contacts]


def in_language(texts: Texts, language: str) -> str:
    """The text in `language`, else in Bokmål, else in any; empty where there is none."""
    return texts.get(language) or texts.get("nb") or next(iter(texts.values()), "")


def _named(other: Body, bot: str | None) -> str:
    """The bot's own name and its body's: `Frida (NAV)`."""
    name = other.called
    if not bot or bot.casefold() in (other.name.casefold(), name.casefold()):
        return other.name
    return bot if name.casefold() in bot.casefold() else f"{bot} ({name})"


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _contact(point: ContactPoint, language: str) -> Contact:
    return Contact(point.kind, in_language(point.label, language), point.value, _url(point))


def _url(point: ContactPoint) -> str | None:
    if point.url:
        return point.url
    # What stands in brackets after a number or an address is a remark, not part of it.
    bare = point.value.split("(")[0].strip()
    if point.kind in URL_SCHEMES:
        return URL_SCHEMES[point.kind] + bare.replace(" ", "")
    return bare if bare.startswith(("https://", "http://")) else None


def _list(contacts: Sequence[Contact]) -> str:
    return "\n".join(
        f"- {contact.label}: "
        + (f"[{contact.value}]({contact.url})" if contact.url else contact.value)
        for contact in contacts
    )


def _label(found: Found, names: dict[str, str]) -> str:
    name = names.get(found.owner or "")
    return f"{found.title} ({name})" if name else found.title


def _candidate(found: Found) -> Candidate:
    entry = found.id if found.kind == "entry" else None
    return Candidate(choices.of_found(found), found.title, found.probability, entry, found.owner)


def _none(language: str) -> Option:
    return Option(choices.NONE, say("none_of_these", language))


def _reply(
    body: Body,
    outcome: Outcome,
    parts: Sequence[str],
    language: str,
    now: dt.datetime,
    *,
    options: Sequence[Option] = (),
    sources: Sequence[Source] = (),
    probability: float = 0.0,
) -> Reply:
    markdown = "\n\n".join(part for part in parts if part)
    return Reply(
        turn=0,
        outcome=outcome,
        text=rendering.plain(markdown),
        html=rendering.html(markdown),
        language=language,
        body=speaker(body),
        human=human(body, now),
        options=list(options),
        sources=list(sources),
        probability=round(probability, 4),
    )
