"""Who works here: invited, given a role in a place, let in and out. For administrators."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, PathParameter
from litestar.response import Redirect

from brains import people
from brains.errors import Problem
from brains.model import PERSON_ROLES, Role
from brains.people import LINK_DAYS, Person, Refused
from brains.store import now
from router.api.service import ServiceHere
from router.console import frame
from router.console.flashes import Undo
from router.console.pages.profile import person_problems, place
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
Form = RequestEncodingType.URL_ENCODED
Id = Annotated[str, PathParameter(max_length=64)]
PEOPLE = "/console/people"


class NewPerson(msgspec.Struct):
    """The form for a person, new or changed."""

    email: str = ""
    name: str = ""
    role: Role = "editor"
    scope: str = ""
    language: str = "nb"


class PeopleController(Controller):
    """Everything here is for administrators."""

    path = "/people"
    guards = [needs("manage keys", "everywhere")]

    @get("/")
    async def listing(self, request: AnyRequest, service: ServiceHere) -> Any:
        """Everybody, by name."""
        async with service.db.read() as tx:
            found = await people.listing(tx)
        return frame.page(
            request,
            "people/list.html",
            title=frame.say(request, "people.title"),
            area="people",
            people=found,
            place=lambda scope: place(request, scope),
        )

    @get("/new")
    async def blank(self, request: AnyRequest) -> Any:
        """The form to invite somebody."""
        return _form(request, "people.add", f"{PEOPLE}/new", NewPerson())

    @post("/new")
    async def add(
        self,
        request: AnyRequest,
        service: ServiceHere,
        data: Annotated[NewPerson, Body(media_type=Form)],
    ) -> Any:
        """Add somebody, and show the link with which they set a password."""
        try:
            async with service.db.write() as tx:
                fields = msgspec.structs.asdict(data)
                person = await people.add(tx, **fields, at=now())
                token = await people.new_link(tx, person.id, now())
                request.state.audit = {"object": person.id, "detail": _given(person)}
        except Refused as refused:
            problems = person_problems(request, refused)
            return _form(request, "people.add", f"{PEOPLE}/new", data, problems)
        return _link(request, person, token)

    @get("/{person_id:str}")
    async def edit(self, request: AnyRequest, service: ServiceHere, person_id: Id) -> Any:
        """One person, and what may be changed."""
        async with service.db.read() as tx:
            known = await people.get(tx, person_id)
        return _form(request, known.name, f"{PEOPLE}/{known.id}", _fields(known), known=known)

    @post("/{person_id:str}")
    async def save(
        self,
        request: AnyRequest,
        service: ServiceHere,
        person_id: Id,
        data: Annotated[NewPerson, Body(media_type=Form)],
    ) -> Any:
        """Change somebody's name, address, role or place; it counts from their next click."""
        async with service.db.read() as tx:
            known = await people.get(tx, person_id)
        try:
            async with service.db.write() as tx:
                changed = await people.change(tx, person_id, **msgspec.structs.asdict(data))
                request.state.audit = {"detail": _given(changed)}
        except Refused as refused:
            problems = person_problems(request, refused)
            return _form(request, known.name, f"{PEOPLE}/{known.id}", data, problems, known)
        undo = Undo(f"{PEOPLE}/{known.id}", msgspec.structs.asdict(_fields(known)))
        frame.flash(request, "people.saved", undo=undo, name=changed.name)
        return frame.redirect(PEOPLE)

    @post("/{person_id:str}/disable")
    async def disable(self, request: AnyRequest, service: ServiceHere, person_id: Id) -> Redirect:
        """Let somebody in no more; they are signed out at once."""
        try:
            async with service.db.write() as tx:
                person = await people.disable(tx, person_id, now())
        except Refused:
            frame.flash(request, "people.wrong.last", kind="danger")
            return frame.redirect(f"{PEOPLE}/{person_id}")
        undo = Undo(f"{PEOPLE}/{person_id}/enable")
        frame.flash(request, "people.disabled_now", undo=undo, name=person.name)
        return frame.redirect(PEOPLE)

    @post("/{person_id:str}/enable")
    async def enable(self, request: AnyRequest, service: ServiceHere, person_id: Id) -> Redirect:
        """Let somebody in again."""
        async with service.db.write() as tx:
            person = await people.enable(tx, person_id)
        frame.flash(request, "people.enabled_now", name=person.name)
        return frame.redirect(PEOPLE)

    @post("/{person_id:str}/link")
    async def new_link(self, request: AnyRequest, service: ServiceHere, person_id: Id) -> Any:
        """A new link to set a password; the password there is stays good until then."""
        async with service.db.write() as tx:
            person = await people.get(tx, person_id)
            token = await people.new_link(tx, person_id, now())
        return _link(request, person, token)


def _form(
    request: AnyRequest,
    title: str,
    url: str,
    form: NewPerson,
    errors: list[Problem] | None = None,
    known: Person | None = None,
) -> frame.ConsolePage:
    return frame.page(
        request,
        "people/form.html",
        title=known.name if known else frame.say(request, title),
        area="people",
        errors=errors or [],
        url=url,
        form=form,
        known=known,
        roles=PERSON_ROLES,
        places=places(request),
    )


def _link(request: AnyRequest, person: Person, token: str) -> frame.ConsolePage:
    """The page that shows a link, this once."""
    base = request.app.state.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return frame.page(
        request,
        "people/link.html",
        title=frame.say(request, "people.link_title", name=person.name),
        area="people",
        invited=person,
        link=f"{base}/console/set-password/{token}",
        days=LINK_DAYS,
    )


def places(request: AnyRequest) -> list[tuple[str, str]]:
    """Every scope there is, and its name: everything, knowledge bases, organisations."""
    knowledge = frame.service(request).knowledge
    brains = sorted(knowledge.brains.values(), key=lambda one: one.name.casefold())
    bodies = sorted(knowledge.bodies.values(), key=lambda one: one.name.casefold())
    scopes = ["*", *(f"brain:{one.id}" for one in brains), *(f"body:{one.id}" for one in bodies)]
    return [(scope, place(request, scope)) for scope in scopes]


def _fields(person: Person) -> NewPerson:
    return NewPerson(person.email, person.name, person.role, person.scope, person.language)


def _given(person: Person) -> dict[str, str]:
    return {"role": person.role, "scope": person.scope}


handlers = [PeopleController]
