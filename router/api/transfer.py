"""A brain's entries as one file, in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.params import QueryParameter

from brains.formats import File
from router.api.entries import READ, WRITE
from router.api.parameters import WITH_KEY, BrainPath, LanguageQuery
from router.api.service import ServiceHere
from router.results import ImportResult
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]
Format = Literal["jsonl", "faqpage"]
ImportFormat = Literal["jsonl", "faqpage", "azure", "table", "excel", "rasa", "dialogflow"]

FILE = "file"  # what errors call it: it comes without a name
TEXTS = (
    "application/x-ndjson",
    "application/ld+json",
    "application/json",
    "text/html",
    "text/csv",
    "application/yaml",
)
BINARIES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/zip",
)

MEDIA_TYPES: dict[str, str] = {"jsonl": "application/x-ndjson", "faqpage": "application/ld+json"}
FILE_NAMES: dict[str, str] = {"jsonl": "brain.jsonl", "faqpage": "faqpage.jsonld"}

FormatQuery = Annotated[
    Format,
    QueryParameter(
        required=False, description="JSON Lines, an entry a line; or a schema.org FAQPage."
    ),
]


@dataclass
class ImportOperation(Operation):
    """Describes the file in the request, which is read as it is."""

    def __post_init__(self) -> None:
        """Say that a body is needed, and in which forms."""
        text = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        binary = OpenAPIMediaType(
            schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        )
        self.request_body = RequestBody(
            content={**dict.fromkeys(TEXTS, text), **dict.fromkeys(BINARIES, binary)},
            required=True,
        )


class ImportController(Controller):
    """Needs the right to publish in the brain."""

    path = "/brains/{brain:str}/import"
    security = WITH_KEY

    @post(
        "/",
        status_code=200,
        guards=[needs("publish", "brain")],
        responses=WRITE,
        operation_class=ImportOperation,
        opt={"any_content": True},
    )
    async def load(
        self,
        request: AnyRequest,
        brain: BrainPath,
        service: ServiceHere,
        format: Annotated[
            ImportFormat | None,
            QueryParameter(
                required=False,
                description="What the file is. Without it, the content tells. `table` is CSV.",
            ),
        ] = None,
        language: LanguageQuery = None,
        dry_run: Annotated[
            bool,
            QueryParameter(
                required=False, description="Only say what would change, and change nothing."
            ),
        ] = False,
    ) -> ImportResult:
        """Publish every entry of a file: all of them or, where one is wrong, none."""
        service.knowledge.brain(brain)
        file = File(FILE, await request.body())
        contents = await service.imports.read([file], language or "nb", format)
        by = key_in(request).name
        return await service.imports.at_once(brain, contents, by, dry_run=dry_run)


class ExportController(Controller):
    """Needs the right to read the brain."""

    path = "/brains/{brain:str}/export"
    security = WITH_KEY

    @get("/", guards=[needs("read", "brain")], responses=READ, media_type="application/x-ndjson")
    async def save(
        self,
        brain: BrainPath,
        service: ServiceHere,
        format: FormatQuery = "jsonl",
        for_body: Annotated[
            str | None,
            QueryParameter(
                name="body",
                required=False,
                max_length=120,
                description="Whose facts a FAQPage is filled with.",
            ),
        ] = None,
        language: LanguageQuery = None,
    ) -> Response[str]:
        """All published entries as a file that can be imported again, or as one body's FAQPage."""
        service.knowledge.brain(brain)
        if for_body is not None:
            service.knowledge.body(for_body)
        text = await service.curation.export(brain, format, for_body, language or "nb")
        headers = {"Content-Disposition": f'attachment; filename="{FILE_NAMES[format]}"'}
        return Response(text, media_type=MEDIA_TYPES[format], headers=headers)
