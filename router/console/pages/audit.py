"""Who did what, when: read by administrators, and by others what concerns them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Request, Response, get
from litestar.exceptions import ClientException
from litestar.params import QueryParameter

from brains import audit, people
from brains.audit import Filter, Line
from brains.pages import Page
from router.api.service import ServiceHere
from router.console import audit_views, frame
from router.errors import NotAllowed
from router.security.access import Holder
from router.security.guards import key_in
from router.security.signed_in import access

AnyRequest = Request[Any, Any, Any]
AUDIT = "/console/audit"
LINES = 100
EXPORTED_MAX = 100_000
EXPORTED_AT_ONCE = 500
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

Text = Annotated[str, QueryParameter(required=False, max_length=200)]
BodySlug = Annotated[str, QueryParameter(name="body", required=False, max_length=200)]
Cursor = Annotated[str | None, QueryParameter(required=False, max_length=200)]


class Asked(msgspec.Struct, frozen=True):
    """The filters as they stand in the address."""

    who: str = ""
    action: str = ""
    brain: str = ""
    body: str = ""
    since: str = ""

    def query(self, **more: str) -> str:
        """The same as a query string, without what is empty."""
        given = {**msgspec.structs.asdict(self), **more}
        return urlencode({name: value for name, value in given.items() if value})


class AuditController(Controller):
    """The log is read here and never changed."""

    path = "/audit"

    @get("/")
    async def listing(
        self,
        request: AnyRequest,
        service: ServiceHere,
        who: Text = "",
        action: Text = "",
        brain: Text = "",
        slug: BodySlug = "",
        since: Text = "",
        cursor: Cursor = None,
    ) -> Any:
        """What happened, newest first."""
        asked = Asked(who.strip(), action, brain, slug, since)
        wanted = _wanted(request, asked)
        page = await _lines(service, wanted, cursor, LINES)
        knowledge = service.knowledge
        return frame.page(
            request,
            "audit/list.html",
            title=frame.say(request, "audit.title"),
            area="audit",
            days=audit_views.told(
                request, page.items, await _names(request, service), service.pipeline.clock()
            ),
            asked=asked,
            filtered=bool(asked.query()),
            actions=audit_views.areas(request),
            brain_options=[(id, knowledge.brains[id].name) for id in _brains(request)],
            body_options=[(slug, knowledge.bodies[slug].name) for slug in _bodies(request)],
            next=f"{AUDIT}?{asked.query(cursor=page.next)}" if page.next else "",
            export=f"{AUDIT}/export?{asked.query()}",
        )

    @get("/export")
    async def export(
        self,
        request: AnyRequest,
        service: ServiceHere,
        who: Text = "",
        action: Text = "",
        brain: Text = "",
        slug: BodySlug = "",
        since: Text = "",
    ) -> Response[bytes]:
        """The same lines as CSV, for a spreadsheet."""
        wanted = _wanted(request, Asked(who.strip(), action, brain, slug, since))
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(["at", "by", "by_id", "action", "brain", "body", "object", "detail"])
        cursor: str | None = None
        for _ in range(EXPORTED_MAX // EXPORTED_AT_ONCE):
            page = await _lines(service, wanted, cursor, EXPORTED_AT_ONCE)
            table.writerows(_row(line) for line in page.items)
            cursor = page.next
            if cursor is None:
                break
        return Response(
            # With the mark by which spreadsheets know UTF-8.
            out.getvalue().encode("utf-8-sig"),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="samsvar-audit.csv"'},
        )


def _wanted(request: AnyRequest, asked: Asked) -> Filter:
    """The filters, within what whoever is signed in may see. Raises `NotAllowed`."""
    brains, bodies = _within(request)
    return Filter(
        who=asked.who,
        action=asked.action,
        brain=asked.brain or None,
        body=asked.body or None,
        since=_day(asked.since),
        brains=brains,
        bodies=bodies,
    )


def _within(request: AnyRequest) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The brains and bodies whose lines may be seen; None and None for all."""
    holder: Holder = key_in(request)
    kind, _, name = holder.scope.partition(":")
    rights = access(request)
    if rights.may(holder, "manage keys"):
        return None, None
    if kind == "brain" and rights.may(holder, "set facts", brain=name):
        return (name,), ()
    if kind == "body" and rights.may(holder, "set facts", body=name):
        return (), (name,)
    if rights.may(holder, "set facts"):
        return tuple(frame.service(request).knowledge.brains), ()
    raise NotAllowed("The log is for administrators, curators and editors.")


def _brains(request: AnyRequest) -> list[str]:
    brains, _ = _within(request)
    known = frame.service(request).knowledge.brains
    return [id for id in sorted(known) if brains is None or id in brains]


def _bodies(request: AnyRequest) -> list[str]:
    brains, bodies = _within(request)
    return [
        slug
        for slug, body in sorted(frame.service(request).knowledge.bodies.items())
        if bodies is None or slug in bodies or (brains and body.brain in brains)
    ]


async def _lines(
    service: ServiceHere, wanted: Filter, cursor: str | None, limit: int
) -> Page[Line]:
    async with service.db.read() as tx:
        return await audit.listing(tx, wanted, cursor, limit)


def _day(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError:
        raise ClientException("“since” is a day, as 2026-03-31.") from None


async def _names(request: AnyRequest, service: ServiceHere) -> dict[str, str]:
    """What people and keys are called, by id; for administrators."""
    if not frame.may(request, "manage keys"):
        return {}
    async with service.db.read() as tx:
        known = await people.listing(tx)
    keys = await access(request).listing()
    return {person.id: person.name for person in known} | {key.id: key.name for key in keys}


def _row(line: Line) -> list[str]:
    detail = " ".join(f"{key}={value}" for key, value in line.detail.items())
    cells = [line.at.isoformat(timespec="seconds"), line.by, line.by_id or "", line.action]
    cells += [line.brain or "", line.body or "", line.object, detail]
    return [f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell for cell in cells]


handlers = [AuditController]
