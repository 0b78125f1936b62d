"""A brain's entries as one file, in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import QueryParameter

from brains.errors import Invalid
from brains.formats import faqpage, jsonl
from brains.model import Entry
from router.api.entries import READ, WRITE
from router.api.parameters import WITH_KEY, BrainPath, LanguageQuery
from router.api.service import ServiceHere
from router.results import ImportResult
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]
Format = Literal["jsonl", "faqpage"]

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
        self.request_body = RequestBody(
            content=dict.fromkeys(MEDIA_TYPES.values(), text), required=True
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
        format: FormatQuery = "jsonl",
    ) -> ImportResult:
        """Publish every entry of a file: all of them or, where one is wrong, none."""
        service.knowledge.brain(brain)
        entries = await sync_to_thread(read, await request.body(), format)
        return await service.curation.import_entries(brain, entries, key_in(request).name)


def read(data: bytes, format: Format) -> list[Entry]:
    """The entries of a file. Raises `Invalid` saying where it is wrong; nothing is saved yet."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("The file is not valid UTF-8.", f"byte {error.start}") from None
    return jsonl.read(text) if format == "jsonl" else faqpage.read(text)


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
