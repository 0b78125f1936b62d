"""Imports: a file or a pasted page is read, looked at row by row, and done as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import PathParameter, QueryParameter

from brains.errors import Conflict, Invalid, Problem
from brains.formats import File, named
from brains.imports import Import
from brains.knowledge import title_of
from router.api.parameters import NAME, BrainPath
from router.api.service import ServiceHere
from router.console import frame, import_views
from router.console.import_views import imports_url
from router.curation.imports import UNDO_DAYS, Picked, new_id
from router.jobs import Progress
from router.security.guards import needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]
LANGUAGES = ("nb", "nn", "en", "se")
CHANGED_SHOWN = 50
CHOICE = "choice-"

ImportPath = Annotated[str, PathParameter(pattern=NAME, description="The import's id.")]


class ImportPages(Controller):
    """Who may only draft imports drafts; an editor of one body, that body's own."""

    path = "/brains/{brain:str}/imports"
    guards = [needs("draft", "any body")]

    @get("/")
    async def listing(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Where a file is chosen or text pasted, and the imports of late."""
        return await _start(request, service, brain)

    @post("/")
    async def upload(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Read what was sent; then compare it in the background."""
        form = await request.form()
        language = str(form.get("language", "nb"))
        try:
            files = await _files(request, form)
            contents = await service.imports.read(
                files, language if language in LANGUAGES else "nb"
            )
        except Invalid as error:
            return await _refused(request, service, brain, error, str(form.get("pasted", "")))
        name = ", ".join(file.name for file in files)
        id, person, body = new_id(), frame.holder(request), frame.own_body(request)

        async def work(progress: Progress) -> str:
            return (
                await service.imports.stage(brain, name, contents, person.name, body, progress, id)
            ).id

        request.state.audit = {"detail": {"file": name, "entries": len(contents.rows)}}
        job = service.jobs.start("import", person.id, work, imports_url(brain, f"/{id}"))
        return frame.redirect(f"/console/jobs/{job.id}")

    @get("/{import_id:str}")
    async def show(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        import_id: ImportPath,
        tab: Annotated[str, QueryParameter(required=False, max_length=20)] = "",
        page: Annotated[int, QueryParameter(required=False, ge=1, le=10_000)] = 1,
    ) -> Any:
        """What it would change, row by row; or what it did."""
        found = await service.imports.get(brain, import_id, frame.own_body(request))
        if found.status != "staged":
            return await _done(request, service, brain, found)
        return await _preview(request, service, brain, found, tab, page)

    @post("/{import_id:str}/choices")
    async def choose(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, import_id: ImportPath
    ) -> Any:
        """Keep what was chosen for the rows of one page, or one choice for a whole tab."""
        form = await request.form()
        body = frame.own_body(request)
        found = await service.imports.get(brain, import_id, body)
        picks = _picks(form)
        everything = str(form.get("everything", ""))
        if everything in ("import", "merge", "skip"):
            tab = str(form.get("tab", "all"))
            picks = {
                number: pick
                for number, row in enumerate(found.rows)
                if tab in ("all", import_views.tab_of(row))
                and (pick := import_views.picked_of(row, everything)) is not None
            }
        await service.imports.choose(brain, import_id, picks, body)
        frame.flash(request, "imports.chosen")
        return frame.redirect(_back(brain, import_id, form))

    @post("/{import_id:str}/confirm")
    async def confirm(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, import_id: ImportPath
    ) -> Any:
        """Do it all, in the background. What the page shows as chosen is kept first."""
        form = await request.form()
        person, body = frame.holder(request), frame.own_body(request)
        found = await service.imports.choose(brain, import_id, _picks(form), body)
        publish = form.get("publish") == "true" and frame.may(request, "publish", brain=brain)
        if not any(row.choice != "skip" for row in found.rows):
            frame.flash(request, "imports.nothing_chosen", kind="warning")
            return frame.redirect(_back(brain, import_id, form))

        async def work(progress: Progress) -> str:
            await service.imports.confirm(brain, import_id, person.name, publish, body, progress)
            return import_id

        request.state.audit = {"detail": {"file": found.file_name, "publish": publish}}
        job = service.jobs.start("import", person.id, work, imports_url(brain, f"/{import_id}"))
        return frame.redirect(f"/console/jobs/{job.id}")

    @post("/{import_id:str}/discard")
    async def discard(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, import_id: ImportPath
    ) -> Any:
        """Forget an upload that was never done."""
        await service.imports.discard(brain, import_id, frame.own_body(request))
        frame.flash(request, "imports.discarded")
        return frame.redirect(imports_url(brain))

    @post("/{import_id:str}/undo")
    async def undo(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, import_id: ImportPath
    ) -> Any:
        """Take a finished import back."""
        by, body = frame.holder(request).name, frame.own_body(request)
        found = await service.imports.get(brain, import_id, body)
        if found.report.published and not frame.may(request, "publish", brain=brain):
            raise Conflict("Somebody who may publish has to take this back.")
        undone = await service.imports.undo(brain, import_id, by, body)
        if undone.report.kept:
            frame.flash(request, "imports.undone_mostly", kind="warning", count=undone.report.kept)
        else:
            frame.flash(request, "imports.undone")
        return frame.redirect(imports_url(brain, f"/{import_id}"))


async def _start(
    request: AnyRequest,
    service: Service,
    brain: str,
    errors: Sequence[Problem] = (),
    pasted: str = "",
) -> Any:
    return frame.page(
        request,
        "imports/index.html",
        title=frame.say(request, "imports.title"),
        area="imports",
        errors=errors,
        imports=await service.imports.listing(brain, frame.own_body(request)),
        url=imports_url(brain),
        pasted=pasted,
        languages_offered=LANGUAGES,
        most_mib=service.settings.import_bytes_max // 2**20,
        counts=import_views.counts,
    )


async def _refused(
    request: AnyRequest, service: Service, brain: str, error: Invalid, pasted: str
) -> Any:
    """Everything that is wrong with a file as a table; with the form itself, beside the form."""
    if error.pointer in ("files", "pasted"):
        return await _start(request, service, brain, error.problems, pasted)
    return frame.page(
        request,
        "imports/errors.html",
        title=frame.say(request, "imports.refused_title"),
        area="imports",
        status=400,
        wrong=[import_views.wrong(request, problem) for problem in error.problems],
        url=imports_url(brain),
    )


async def _preview(
    request: AnyRequest, service: Service, brain: str, found: Import, tab: str, page: int
) -> Any:
    number = import_views.counts(found)
    if tab not in import_views.TABS:
        tab = next((name for name in import_views.TABS if number[name]), "all")
    rows = [
        (at, row) for at, row in enumerate(found.rows) if tab in ("all", import_views.tab_of(row))
    ]
    first = (page - 1) * import_views.ROWS_SHOWN
    shown = rows[first : first + import_views.ROWS_SHOWN]
    existing = await service.imports.targets(brain, [row for _, row in shown])
    titles = {row.entry.id: title_of(row.entry) for row in found.rows}
    titles |= {id: title_of(entry) for id, entry in existing.items()}
    own = frame.own_body(request)
    return frame.page(
        request,
        "imports/preview.html",
        title=frame.say(request, "imports.preview_title"),
        area="imports",
        found=found,
        tab=tab,
        tabs=import_views.TABS,
        number=number,
        chosen=import_views.chosen_counts(found),
        lines=import_views.lines(
            request, shown, existing, service.knowledge.entries[brain], titles, own
        ),
        notes=[import_views.wrong(request, note) for note in found.report.notes],
        page_number=page,
        pages=max(1, -(-len(rows) // import_views.ROWS_SHOWN)),
        titles=titles,
        url=imports_url(brain),
        may_publish=frame.may(request, "publish", brain=brain),
    )


async def _done(request: AnyRequest, service: Service, brain: str, found: Import) -> Any:
    return frame.page(
        request,
        "imports/done.html",
        title=frame.say(request, f"imports.{found.status}_title"),
        area="imports",
        found=found,
        created=found.report.created[:CHANGED_SHOWN],
        changed=found.report.changed[:CHANGED_SHOWN],
        titles=await _titles(service, brain, found),
        notes=[import_views.wrong(request, note) for note in found.report.notes],
        undoable=service.imports.undoable(found),
        undo_days=UNDO_DAYS,
        url=imports_url(brain),
    )


async def _titles(service: Service, brain: str, found: Import) -> dict[str, str]:
    """What people would recognise each entry by, drafts too."""
    listed = [*found.report.created[:CHANGED_SHOWN], *found.report.changed[:CHANGED_SHOWN]]
    entries = await service.imports.entries(brain, [one.id for one in listed])
    return {one.id: title_of(entries[one.id]) if one.id in entries else one.id for one in listed}


async def _files(request: AnyRequest, form: FormMultiDict) -> list[File]:
    """The files of the form, or what was pasted. Raises `Invalid` where there is neither."""
    files = [
        named(one.filename, await one.read())
        for one in form.getall("files", [])
        if isinstance(one, UploadFile) and one.filename
    ]
    pasted = str(form.get("pasted", ""))
    if pasted.strip():
        name = frame.say(request, "imports.pasted_name")
        files.append(File(name, pasted.encode("utf-8", "replace")))
    if not files:
        raise Invalid(frame.say(request, "imports.nothing_sent"), "files")
    return files


def _picks(form: FormMultiDict) -> dict[int, Picked]:
    """What the rows of one page are to become."""
    found = {}
    for name, value in form.items():
        number = name.removeprefix(CHOICE)
        pick = import_views.picked(str(value))
        if name.startswith(CHOICE) and number.isdecimal() and pick is not None:
            found[int(number)] = pick
    return found


def _back(brain: str, import_id: ImportPath, form: FormMultiDict) -> str:
    tab, page = str(form.get("tab", "")), str(form.get("page", "1"))
    tab = tab if tab in import_views.TABS else "all"
    return imports_url(brain, f"/{import_id}?tab={tab}&page={page if page.isdecimal() else 1}")


handlers = [ImportPages]
