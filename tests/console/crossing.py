"""Requests that one walk of `test_every_route` does not make: forms aimed past what is one's own,
and addresses of what is not there beside those of what is another's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.console.planted import Target
from tests.console.rules import OPEN, rules
from tests.console.samples import named
from tests.console.walking import Answer, Try

# What a path may name that is somebody's. Bodies, brains and what facts are called all may know.
SOMEBODYS = {
    *("entry", "draft", "gap", "other_gap", "question", "broadcast"),
    *("person", "key_id", "conversation", "import_id", "job"),
}
# Going back on a deletion makes again what is not there.
MADE_AGAIN = "/broadcasts/{broadcast}/restore"
# Shorter ones are numbers, as counters are.
ID_CHARS = 6
_NAMED = re.compile(r"{(\w+)")
# Fields by which a form or JSON says what it is about.
AIMED = (
    *("audience", "bodies", "body", "brain", "email", "entry", "id", "into", "keep", "key"),
    *("other", "others", "owner", "person", "question", "scope", "slug", "to", "role", "status"),
)


def missing(target: Target) -> Target:
    """The same ids, each of nothing: as long, and of the same letters."""
    return target._replace(**{name: _turned(getattr(target, name)) for name in SOMEBODYS})


def _turned(id: str) -> str:
    return id.translate(str.maketrans("abcdefvs0123456789", "bcdefavs1234567890")) + "q"


def names_somebodys(one: Try) -> bool:
    """Whether its path has an id of somebody's thing."""
    names = {"person" if name == "person_id" else name for name in _NAMED.findall(one.path)}
    return bool(names & SOMEBODYS) and not one.rule[1].endswith(MADE_AGAIN)


def told(answer: Answer, target: Target) -> tuple[int, str]:
    """What somebody learns from an answer, without the ids that they sent."""
    text = answer.text
    sent = (id for name in SOMEBODYS if len(id := getattr(target, name)) >= ID_CHARS)
    for id in sorted(sent, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(id)}\b", "…", text)
    return answer.status, re.sub(r'(?s)name="_csrf_token"[^>]*|<svg.*?</svg>', "", text)


def takes_a_form(one: Try) -> bool:
    """Whether something is sent that could be aimed elsewhere, by who has to say who it is."""
    return (
        one.method in ("POST", "PUT", "PATCH")
        and rules().get(one.rule) is not OPEN
        and "sign" not in one.path
        and "password" not in one.path
    )


def aimed(one: Try, other: Target) -> Iterator[Try]:
    """The same request, its address as it is and what it sends about another's things."""
    aims = {**named(other), "id": other.entry, "keep": other.entry, "key": other.fact}
    aims |= {"into": other.entry, "role": "admin", "scope": "*", "status": "published"}
    fields = {name: aims[name] for name in AIMED if name in aims}
    given = one.given
    if one.path.startswith("/console"):
        yield one._replace(given=given._replace(form=given.form | fields))
    else:
        own = given.json if isinstance(given.json, dict) else None
        yield one._replace(given=given._replace(json=own | fields if own else None), aim=other)
