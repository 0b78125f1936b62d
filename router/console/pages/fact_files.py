"""Facts as a file: downloaded, filled in, and read back after a look at what it changes."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile

from brains.errors import Invalid, Problem
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import fact_parts as parts
from router.console import forms, frame
from router.console.problems import worded
from router.curation import fact_csv
from router.curation.fact_csv import Values
from router.security.access import Access
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
SET = [needs("set facts", "any body")]
FILE_BYTES_MAX = 5 * 2**20
CHANGES_SHOWN = 200
_PLACE = re.compile(r"line (?P<line>\d+)(?:, column (?P<column>.*))?", re.DOTALL)


class FactFilePages(Controller):
    """An editor's file has one column."""

    path = "/brains/{brain:str}"

    @get("/facts.csv", guards=[needs("read", "any body")])
    async def export(self, request: AnyRequest, brain: BrainPath) -> Response[str]:
        """The table as a file."""
        text = fact_csv.write(await parts.table_of(request, brain), frame.language(request))
        name = f"{brain}-facts-{dt.date.today():%Y-%m-%d}.csv"
        return Response(
            text,
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
                "Cache-Control": "no-store",
            },
        )

    @get("/facts-import", guards=SET)
    async def choose_file(self, request: AnyRequest, brain: BrainPath) -> Any:
        """Where a file is chosen."""
        return _import_page(request, brain)

    @post(
        "/facts-import",
        guards=SET,
        request_max_body_size=FILE_BYTES_MAX,
    )
    async def read_file(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """What the file would change; nothing is changed yet."""
        form = await request.form()
        file = form.get("file")
        try:
            text = await _text_of(request, file)
            bodies = service.facts.bodies(brain, frame.own_body(request))
            changes = service.facts.read_csv(text, [one.id for one in bodies])
        except Invalid as error:
            return _import_page(request, brain, error)
        values: Values = {}
        for change in changes:
            values.setdefault(change.body, {})[change.key] = change.after
        return frame.page(
            request,
            "facts/preview.html",
            title=frame.say(request, "facts.import.preview"),
            area="facts",
            changes=changes[:CHANGES_SHOWN],
            count=len(changes),
            values=msgspec.json.encode(values).decode(),
            url=parts.facts_url(brain),
            import_url=_import_url(brain),
        )

    @post(
        "/facts-import/confirm",
        guards=SET,
        request_max_body_size=FILE_BYTES_MAX,
    )
    async def import_file(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Set what was shown, all of it or nothing."""
        try:
            sent = str((await request.form()).get("values", ""))
            values = msgspec.json.decode(sent, type=Values)
            for body in values:
                access: Access = request.app.state.access
                access.require(frame.holder(request), "set facts", brain=brain, body=body)
            changed = await service.facts.set(values)
            service.facts_given.ask_again_soon(brain, list(values), frame.holder(request).name)
        except msgspec.MsgspecError:
            return frame.redirect(_import_url(brain))
        except Invalid as error:
            return _import_page(request, brain, error)
        frame.flash(request, "facts.imported", count=changed)
        return frame.redirect(parts.facts_url(brain))


async def _text_of(request: AnyRequest, file: object) -> str:
    """The file's text. Raises `Invalid`."""
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        raise Invalid(frame.say(request, "facts.import.none"), "file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _import_page(request: AnyRequest, brain: str, error: Invalid | None = None) -> Any:
    return frame.page(
        request,
        "facts/import.html",
        title=frame.say(request, "facts.import.title"),
        area="facts",
        errors=forms.problems(error, lambda problem: _placed(request, problem)),
        url=parts.facts_url(brain),
        import_url=_import_url(brain),
    )


def _placed(request: AnyRequest, problem: Problem) -> Problem:
    """A problem of the file, pointing at the form's one field; it says where in the file it is."""
    text = worded(problem.text, frame.language(request))
    place = _PLACE.fullmatch(problem.pointer)
    if place is None:
        return Problem("file", text)
    key = "facts.import.in_column" if place["column"] else "facts.import.in_line"
    where = frame.say(request, key, line=place["line"], column=place["column"])
    return Problem("file", f"{where}: {text}")


def _import_url(brain: str) -> str:
    return f"{parts.facts_url(brain)}-import"


handlers = [FactFilePages]
