"""My own page: name, language, password, and where I am signed in."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from brains import people, sessions
from brains.errors import Problem
from brains.people import Refused
from brains.store import now
from router.api.service import ServiceHere
from router.console import frame, wording
from router.console.pages.sign_in import refusal, weak_password, wrong_password
from router.security import passwords
from router.security.audited import UNAUDITED
from router.security.sign_in import SignIn, SignInRefused, WeakPassword
from router.security.signed_in import SIGN_IN, cookie, person_in, session_in, visit

AnyRequest = Request[Any, Any, Any]
Form = RequestEncodingType.URL_ENCODED
ACCOUNT = "/console/account"


class Self(msgspec.Struct):
    """What one may change about oneself."""

    name: str = ""
    language: str = ""


class NewPassword(msgspec.Struct):
    """The password there is, and the new one twice."""

    current: str = ""
    password: str = ""
    again: str = ""


class ProfileController(Controller):
    """Whoever is signed in, about themselves."""

    path = "/account"

    @get("/")
    async def show(self, request: AnyRequest, service: ServiceHere) -> Any:
        """Everything about oneself."""
        return await _page(request, service)

    @post("/")
    async def save(
        self,
        request: AnyRequest,
        service: ServiceHere,
        data: Annotated[Self, Body(media_type=Form)],
    ) -> Any:
        """Change name and language. The console speaks that language from now on."""
        try:
            async with service.db.write() as tx:
                person = person_in(request)
                await people.change(tx, person.id, name=data.name, language=data.language)
        except Refused as refused:
            return await _page(request, service, person_problems(request, refused), data)
        frame.flash(request, "profile.saved")
        response = frame.redirect(ACCOUNT)
        response.delete_cookie(frame.LANGUAGE_COOKIE, path="/console")
        return response

    @post("/password", opt={UNAUDITED: True})
    async def password(
        self,
        request: AnyRequest,
        service: ServiceHere,
        data: Annotated[NewPassword, Body(media_type=Form)],
    ) -> Any:
        """Change the password: every other browser is signed out."""
        problems = wrong_password(request, data.password, data.again)
        if problems:
            return await _page(request, service, problems)
        try:
            came = await _desk(request).change_password(
                person_in(request), data.current, data.password, visit(request)
            )
        except WeakPassword as weak:
            return await _page(request, service, [weak_password(request, weak)])
        except SignInRefused as refused:
            text = refusal(request, refused)
            if refused.code == "wrong":
                text = frame.say(request, "profile.wrong_password")
            return await _page(request, service, [Problem("current", text)])
        frame.flash(request, "profile.password_changed")
        response = frame.redirect(ACCOUNT)
        response.cookies.append(cookie(request.app.state.settings, came.token))
        return response

    @post("/sign-out-everywhere", opt={UNAUDITED: True})
    async def sign_out_everywhere(self, request: AnyRequest) -> Redirect:
        """End every session, this one too."""
        await _desk(request).sign_out_everywhere(person_in(request))
        frame.flash(request, "sign_in.signed_out")
        response = frame.redirect(SIGN_IN)
        response.cookies.append(cookie(request.app.state.settings, ""))
        return response


def person_problems(request: AnyRequest, refused: Refused) -> list[Problem]:
    """What is wrong with a person's data, in the language of the page."""
    return [
        Problem(field, frame.say(request, f"people.wrong.{code}"))
        for field, code in refused.codes.items()
    ]


async def _page(
    request: AnyRequest,
    service: ServiceHere,
    errors: list[Problem] | None = None,
    form: Self | None = None,
) -> frame.ConsolePage:
    person = person_in(request)
    async with service.db.read() as tx:
        open_sessions = await sessions.listing(tx, person.id, now())
    return frame.page(
        request,
        "profile/show.html",
        title=frame.say(request, "common.account"),
        area="profile",
        errors=errors or [],
        form=form or Self(person.name, wording.spoken(person.language)),
        place=place(request, person.scope),
        sessions=open_sessions,
        this=session_in(request).key,
        length=passwords.LENGTH_MIN,
    )


def place(request: AnyRequest, scope: str) -> str:
    """A scope in words: a knowledge base's or an organisation's name, or everything."""
    kind, _, name = scope.partition(":")
    knowledge = frame.service(request).knowledge
    if kind == "brain" and name in knowledge.brains:
        return frame.say(request, "people.in_brain", name=knowledge.brains[name].name)
    if kind == "body" and name in knowledge.bodies:
        return knowledge.bodies[name].name
    return frame.say(request, "people.everything") if scope == "*" else scope


def _desk(request: AnyRequest) -> SignIn:
    return cast(SignIn, request.app.state.sign_in)


handlers = [ProfileController]
