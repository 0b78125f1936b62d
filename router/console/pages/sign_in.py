"""The way in and out: by password, at the provider, by an invitation's link."""

from __future__ import annotations

from typing import Annotated, Any, cast
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, PathParameter, QueryParameter
from litestar.response import Redirect

from brains.errors import Problem
from router.console import frame
from router.security import flows, passwords
from router.security.audited import UNAUDITED
from router.security.kept_forms import KEPT
from router.security.oidc import Provider, ProviderFailed
from router.security.sign_in import CameIn, SignIn, SignInRefused, WeakPassword
from router.security.signed_in import (
    OPEN,
    SIGN_IN,
    cookie,
    own_path,
    person_in,
    token_in,
    visit,
)

AnyRequest = Request[Any, Any, Any]
Form = RequestEncodingType.URL_ENCODED
Link = Annotated[str, PathParameter(max_length=200)]
Next = Annotated[str, QueryParameter(required=False, name="next", max_length=1000)]

CALLBACK = "/console/sign-in/callback"
STRANGERS = {OPEN: True, UNAUDITED: True}
SECONDS_A_MINUTE = 60


class Credentials(msgspec.Struct):
    """The form to sign in. `next` is where to go then."""

    email: str = ""
    password: str = ""
    next: str = ""


class Chosen(msgspec.Struct):
    """A new password, typed twice."""

    password: str = ""
    again: str = ""


class SignInController(Controller):
    """Open to strangers; what they do is in the audit log by itself."""

    opt = STRANGERS

    @get("/sign-in")
    async def show(self, request: AnyRequest, wanted: Next = "") -> Any:
        """The form, or straight on for whoever is signed in."""
        if frame.holder(request) is not None:
            return frame.redirect(own_path(wanted))
        return _form(request, Credentials(next=wanted))

    @post("/sign-in")
    async def enter(
        self, request: AnyRequest, data: Annotated[Credentials, Body(media_type=Form)]
    ) -> Any:
        """Begin a session."""
        try:
            came = await _desk(request).with_password(data.email, data.password, visit(request))
        except SignInRefused as refused:
            return _form(request, data, refused)
        return _enter(request, came, data.next)

    @get("/sign-in/provider")
    async def leave_for_provider(self, request: AnyRequest, wanted: Next = "") -> Any:
        """Go to the provider."""
        try:
            begun = await _provider(request).begin(_callback(request))
        except ProviderFailed:
            return _form(request, Credentials(next=wanted), SignInRefused("provider"))
        response = frame.redirect(begun.url)
        response.cookies.append(flows.cookie(request, begun.flow, own_path(wanted)))
        return response

    @get("/sign-in/callback")
    async def come_from_provider(self, request: AnyRequest) -> Any:
        """Back from the provider, in the browser that went there."""
        kept = flows.kept(request)
        wanted = kept.wanted if kept else ""
        try:
            if kept is None:
                raise SignInRefused("provider")
            account = await _provider(request).finish(
                kept.flow, _callback(request), str(request.url)
            )
            came = await _desk(request).with_provider(account, visit(request))
        except (SignInRefused, ProviderFailed) as error:
            refused = error if isinstance(error, SignInRefused) else SignInRefused("provider")
            response: Response[Any] = _form(request, Credentials(next=wanted), refused)
        else:
            response = _enter(request, came, wanted)
        response.cookies.append(flows.forgotten(request))
        return response

    @get("/set-password/{link:str}")
    async def invited(self, request: AnyRequest, link: Link) -> Any:
        """The form behind a link; looking at it does not use it up."""
        try:
            person = await _desk(request).invited(link)
        except SignInRefused as refused:
            return _form(request, Credentials(), refused)
        return _choose(request, link, person.name, person.email)

    @post("/set-password/{link:str}")
    async def choose(
        self, request: AnyRequest, link: Link, data: Annotated[Chosen, Body(media_type=Form)]
    ) -> Any:
        """Set the password and begin a session."""
        desk = _desk(request)
        try:
            person = await desk.invited(link)
            if wrong := wrong_password(request, data.password, data.again):
                return _choose(request, link, person.name, person.email, wrong)
            came = await desk.with_link(link, data.password, visit(request))
        except SignInRefused as refused:
            return _form(request, Credentials(), refused)
        except WeakPassword as weak:
            problem = weak_password(request, weak)
            return _choose(request, link, person.name, person.email, [problem])
        frame.flash(request, "sign_in.password_set")
        return _enter(request, came, "")


@post("/sign-out", opt={UNAUDITED: True})
async def leave(request: AnyRequest) -> Redirect:
    """End this browser's session."""
    await _desk(request).sign_out(person_in(request), token_in(request) or "")
    frame.flash(request, "sign_in.signed_out")
    response = frame.redirect(SIGN_IN)
    response.cookies.append(_session(request, ""))
    return response


def wrong_password(request: AnyRequest, password: str, again: str) -> list[Problem]:
    """What is wrong with a password typed twice, before its strength."""
    if password == again:
        return []
    return [Problem("again", frame.say(request, "sign_in.differs"))]


def weak_password(request: AnyRequest, weak: WeakPassword) -> Problem:
    """Why a password may not be used, in the language of the page."""
    text = frame.say(
        request, f"sign_in.weak.{weak.code}", min=passwords.LENGTH_MIN, max=passwords.LENGTH_MAX
    )
    return Problem("password", text)


def refusal(request: AnyRequest, refused: SignInRefused) -> str:
    """Why somebody may not come in, in the language of the page."""
    minutes = -(-refused.seconds // SECONDS_A_MINUTE)
    return frame.say(request, f"sign_in.refused.{refused.code}", minutes=minutes)


def _form(
    request: AnyRequest, data: Credentials, refused: SignInRefused | None = None
) -> frame.ConsolePage:
    status = {None: 200, "wait": 429}.get(refused.code if refused else None, 401)
    provider: Provider | None = request.app.state.provider
    shown = frame.page(
        request,
        "sign_in/form.html",
        title=frame.say(request, "sign_in.title"),
        area="",
        status=status,
        email=data.email,
        wanted=own_path(data.next),
        kept=own_path(data.next).startswith(f"{KEPT}/"),
        refused=refusal(request, refused) if refused else "",
        provider=provider.name if provider else "",
        provider_url=f"{SIGN_IN}/provider?next={quote(own_path(data.next), safe='')}",
    )
    if refused and refused.seconds:
        shown.headers["Retry-After"] = str(refused.seconds)
    return shown


def _choose(
    request: AnyRequest, link: str, name: str, email: str, errors: list[Problem] | None = None
) -> frame.ConsolePage:
    return frame.page(
        request,
        "sign_in/choose.html",
        title=frame.say(request, "sign_in.choose"),
        area="",
        errors=errors or [],
        url=f"/console/set-password/{link}",
        name=name,
        email=email,
        length=passwords.LENGTH_MIN,
    )


def _enter(request: AnyRequest, came: CameIn, wanted: str) -> Response[Any]:
    response = frame.redirect(own_path(wanted))
    response.cookies.append(_session(request, came.token))
    return response


def _session(request: AnyRequest, token: str) -> Cookie:
    return cookie(request.app.state.settings, token)


def _desk(request: AnyRequest) -> SignIn:
    return cast(SignIn, request.app.state.sign_in)


def _provider(request: AnyRequest) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise NotFoundException
    return provider


def _callback(request: AnyRequest) -> str:
    base = request.app.state.settings.public_url.rstrip("/")
    return (base or str(request.base_url).rstrip("/")) + CALLBACK


handlers = [SignInController, leave]
