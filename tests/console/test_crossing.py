"""Who aims past what is their own: at another's things by address, and by what they send.

The routes, the people and the things are those of `test_every_route`, on a service of this
file's own: a curator may well move here what that walk looks for.
"""

from __future__ import annotations

import pytest
from litestar import Litestar

from router.service import Service
from tests.console.crossing import aimed, missing, names_somebodys, takes_a_form, told
from tests.console.kinds import KINDS, Kind
from tests.console.planted import Target, changed, marks, snapshot
from tests.console.rules import OPEN, VISITOR, rules
from tests.console.test_every_route import address, app, own_service, routes, targets
from tests.console.walking import Try, Walker, ask, template

__all__ = ["address", "app", "own_service", "targets"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_is_anothers_and_what_is_not_there_are_told_alike(
    app: Litestar, address: str, own_service: Service, targets: dict[str, Target]
) -> None:
    kind = _called("editor of bergen", "beside it")
    theirs = targets["voss"]
    nothing = missing(theirs)
    wrong = []
    async with Walker(address, own_service, kind, targets[kind.at_home]) as walker:
        for method, path, handler in routes(app):
            one = Try(method, path, handler, "voss", theirs)
            if not names_somebodys(one) or rules()[one.rule] in (OPEN, VISITOR):
                continue
            there = told(await ask(walker.client(one), one), theirs)
            gone = told(await ask(walker.client(one), one._replace(target=nothing)), nothing)
            if there != gone:
                wrong.append(
                    f"{method} {template(path)}: {there[0]} {gone[0]} {_apart(there[1], gone[1])}"
                )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "other"),
    [("editor of bergen", "voss"), ("curator of kommune", "nav")],
    ids=["editor", "curator"],
)
async def test_a_form_on_ones_own_page_reaches_nobody_elses_things(
    app: Litestar,
    address: str,
    own_service: Service,
    targets: dict[str, Target],
    name: str,
    other: str,
) -> None:
    kind = _called(name, "elsewhere")
    home, wrong = targets[kind.at_home], []
    async with Walker(address, own_service, kind, home) as walker:
        before = await snapshot(own_service.db)
        for method, path, handler in routes(app):
            plain = Try(method, path, handler, kind.at_home, home)
            if takes_a_form(plain) and kind.group in rules()[plain.rule]:
                for one in aimed(await walker.prepared(plain), targets[other]):
                    answer = await ask(walker.client(one), one)
                    seen = {(slug, what) for slug, what in marks(answer.text) if slug == other}
                    wrong += [f"{method} {template(path)} shows {what}" for _, what in seen]
                    wrong += [f"{method} {template(path)}: {answer.text[:300]}"] * (
                        answer.status >= 500
                    )
        after = await snapshot(own_service.db)
    wrong += [f"changed {row[:500]}" for row in changed(before, after, "", kind.foreign)]
    assert not wrong, "\n".join(wrong)


def _called(name: str, doing: str) -> Kind:
    """Another person of a kind."""
    return next(one._replace(name=f"{name} {doing}") for one in KINDS if one.name == name)


def _apart(one: str, other: str) -> str:
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return f"…{one[max(at - 60, 0) : at + 100]!r} / {other[max(at - 60, 0) : at + 100]!r}"
