"""Partners on real sockets, good ones and bad ones, and the small protocol that they speak.

A `Partner` answers each request as its `manner` says; the protocol is one POST of JSON and one
JSON object back (`LetterAdapter`). Below HTTP everything is written by hand, for most of the bad
manners are things that no HTTP server would do.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec

from router.adapters import Kind, Line, PartnerFailed, Question, Told
from router.messages import Option, Source

LARGE_BYTES = 50 * 1024 * 1024
LARGE = b'{"text": "' + b"x" * LARGE_BYTES + b'"}'
PACKED = gzip.compress(LARGE, compresslevel=1)
SCRIPT = (
    "<p onclick='steal()'>Du søker <a href='javascript:steal()'>her</a>."
    "<script>steal()</script><img src=x onerror=steal()><iframe src='https://bad.example'></iframe>"
    "<style>body{display:none}</style></p>"
)

Writer = asyncio.StreamWriter
Manner = Callable[["Partner", dict[str, Any], Writer], Awaitable[None]]


class Letter(msgspec.Struct):
    """What comes back in the protocol."""

    text: str = ""
    html: str = ""
    kind: Kind | None = None
    speaker: str | None = None
    options: list[Option] = []
    sources: list[Source] = []
    state: str = ""
    ended: bool = False


class LetterAdapter:
    """Calls partners of this module. It serves nothing."""

    name = "letter"
    settings: Mapping[str, str] = {"tone": "How the letter is to be worded."}

    def routes(self) -> list[Any]:
        return []

    async def ask(self, line: Line, question: Question) -> Told:
        """One POST of the whole question."""
        response = await line.http.post(f"{line.address}/ask", json=msgspec.to_builtins(question))
        response.raise_for_status()
        try:
            letter = msgspec.json.decode(response.content, type=Letter)
        except msgspec.MsgspecError as error:
            raise PartnerFailed("The answer is not a letter.") from error
        fields = msgspec.structs.asdict(letter)
        fields["options"], fields["sources"] = tuple(letter.options), tuple(letter.sources)
        return Told(**fields)

    async def card(self, line: Line) -> None:
        return None


class Partner:
    """One server. `asked` are the questions that reached it whole."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.asked: list[dict[str, Any]] = []
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while question := await _request(reader):
                self.asked.append(question)
                await self.manner(self, question, writer)
        writer.close()


@contextlib.asynccontextmanager
async def partner(manner: Manner) -> AsyncIterator[Partner]:
    """A running partner."""
    made = Partner(manner)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    going: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.ensure_future(made.serve(reader, writer))
        going.add(task)
        task.add_done_callback(going.discard)

    server = await asyncio.start_server(accept, sock=listening)
    made.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The JSON of the next request, None at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    body = await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b"{}"
    found: dict[str, Any] = json.loads(body)
    return found


async def send(
    writer: Writer, content: bytes, status: str = "200 OK", headers: str = "", length: int = -1
) -> None:
    """A whole HTTP response; `length` says another one than it has."""
    size = len(content) if length < 0 else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n"
    writer.write(f"{head}{headers}\r\n".encode() + content)
    await writer.drain()


def letter(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


# Manners


def answers(**fields: Any) -> Manner:
    """Answers every question with this letter."""

    async def manner(self: Partner, question: dict[str, Any], writer: Writer) -> None:
        await send(writer, letter(**fields))

    return manner


async def hangs(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    """Takes the question and says nothing."""
    await asyncio.sleep(3600)


async def drips(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    """Sends a byte at a time, each in time for any wait between two."""
    content = letter(text="x" * 4000)
    await send(writer, b"", length=len(content))
    for byte in content:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def drips_headers(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    """Never comes to the end of its headers."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


async def closes_half_way(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    await send(writer, b'{"text": "Du s', length=500)
    writer.close()


async def closes_at_once(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    writer.close()


async def fails(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    await send(writer, b"{}", "500 Internal Server Error")


async def is_overloaded_once(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    """Is back at the second try."""
    if len(self.asked) == 1:
        await send(writer, b"{}", "503 Service Unavailable")
    else:
        await send(writer, letter(text="Du bestiller skattekort på nettet."))


def redirects(address: str) -> Manner:
    async def manner(self: Partner, question: dict[str, Any], writer: Writer) -> None:
        await send(writer, b"", "307 Temporary Redirect", f"Location: {address}\r\n")

    return manner


async def is_large(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    """Says how much is to come, and sends it."""
    await send(writer, LARGE)


async def is_large_without_saying(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(LARGE_BYTES // 65536):
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")


async def is_a_bomb(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    """Small on the way, large when it is unpacked."""
    await send(writer, PACKED, headers="Content-Encoding: gzip\r\n")


async def talks_nonsense(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    await send(writer, b"<html>It works!</html>")


async def is_no_web_server(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()
    writer.close()


async def says_nothing(self: Partner, question: dict[str, Any], writer: Writer) -> None:
    await send(writer, letter(text=" \u202e\n"))


sends_script = answers(html=SCRIPT)
