"""HTTP to one partner, and to nobody else.

The client reaches the registered address's host alone, follows no redirect,
keeps no cookie, reads no more than a size, and never connects to an address
inside the operator's own network, whatever the partner's name resolves to,
unless the operator has allowed that network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore
import httpx

from brains.errors import Invalid

RESPONSE_BYTES_MAX = 1024 * 1024
CONNECTIONS_MAX = 32
CONNECTIONS_KEPT = 8
KEPT_SECONDS = 30.0

# RFC 6052: IPv4 addresses as a translator shows them.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(httpx.TransportError):
    """A request to an address that is not the partner's, or is inside a network of ours."""


class TooLarge(httpx.TransportError):
    """The partner's response is larger than is read."""


def allowed(networks: Sequence[str]) -> list[Network]:
    """The networks, from `10.1.0.0/16` and the like. Raises `Invalid`."""
    try:
        return [ipaddress.ip_network(one, strict=False) for one in networks]
    except ValueError as error:
        raise Invalid(
            f"{error}. Write networks as 10.1.0.0/16, separated by commas.",
            "SAMSVAR_PARTNER_NETWORKS",
        ) from error


def client(
    address: str, networks: Sequence[Network] = (), seconds: float = 30.0
) -> httpx.AsyncClient:
    """A client for the partner at `address`; `networks` are allowed though they are not public.

    `seconds` bounds each wait (for a connection, for bytes); a total deadline is the caller's.
    """
    return httpx.AsyncClient(
        transport=_Guarded(httpx.URL(address), networks),
        timeout=seconds,
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "Samsvar", "Accept-Encoding": "identity"},
    )


class _Guarded(httpx.AsyncHTTPTransport):
    def __init__(self, partner: httpx.URL, networks: Sequence[Network]) -> None:
        super().__init__()
        self._partner = (partner.scheme, partner.host, partner.port)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=CONNECTIONS_KEPT,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=_Checked(networks, encrypted=partner.scheme == "https"),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if (url.scheme, url.host, url.port) != self._partner:
            raise Forbidden("An address that is not the partner's was to be called.")
        response = await super().handle_async_request(request)
        try:
            _refuse_large(response)
        except httpx.TransportError:
            await response.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Capped(response.stream)
        return response


def _refuse_large(response: httpx.Response) -> None:
    length = response.headers.get("Content-Length", "0")
    if not length.isdigit() or int(length) > RESPONSE_BYTES_MAX:
        raise TooLarge(f"The response is larger than {RESPONSE_BYTES_MAX} bytes.")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise TooLarge("The response is compressed, which was not asked for.")


class _Capped(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > RESPONSE_BYTES_MAX:
                raise TooLarge(f"The response is larger than {RESPONSE_BYTES_MAX} bytes.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to what a name resolves to, once that is known to be allowed: the name cannot
    mean something else a moment later."""

    def __init__(self, networks: Sequence[Network], *, encrypted: bool) -> None:
        self._networks = networks
        self._encrypted = encrypted
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
        raise failed or httpcore.ConnectError(f"{host} has no address.")

    async def _addresses(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from error
        addresses = [str(name[4][0]) for name in found]
        for one in addresses:
            self._check(ipaddress.ip_address(one.split("%")[0]))
        return addresses

    def _check(self, address: Address) -> None:
        """Raises `Forbidden` for an address that is not to be called."""
        inner = _embedded(address)
        if any(inner in one for one in self._networks if one.version == inner.version):
            return
        if not inner.is_global or inner.is_multicast:
            raise Forbidden("The partner's name leads into a network that is not public.")
        if not self._encrypted:
            raise Forbidden("A partner on the open network is called over https alone.")


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
