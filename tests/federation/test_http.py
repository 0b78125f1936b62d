"""Which addresses are called: the partner's, in the open network over https, or where allowed."""

from __future__ import annotations

import httpx
import pytest

from brains.errors import Invalid
from router.federation import http
from tests.federation import partners
from tests.federation.partners import partner

INSIDE = [
    "http://127.0.0.1:9",
    "https://10.0.0.1",
    "https://169.254.169.254",
    "https://[::1]",
    "https://[fe80::1]",
    "https://[fd00::1]",
    "https://[::ffff:10.0.0.1]",
    "https://[2002:a00:1::1]",
    "https://[64:ff9b::a00:1]",
    "https://0.0.0.0",
    "https://224.0.0.1",
]


@pytest.mark.parametrize("address", INSIDE)
async def test_an_address_inside_is_not_called(address: str) -> None:
    async with http.client(address) as client:
        with pytest.raises(http.Forbidden, match="not public"):
            await client.get(address)


async def test_the_open_network_is_called_over_https_alone() -> None:
    async with http.client("http://8.8.8.8") as client:
        with pytest.raises(http.Forbidden, match="https alone"):
            await client.get("http://8.8.8.8")


async def test_what_is_allowed_is_called_and_nobody_else() -> None:
    networks = http.allowed(["127.0.0.0/8"])
    async with (
        partner(partners.answers(text="Hei")) as good,
        partner(partners.answers(text="secrets")) as other,
        http.client(good.address, networks) as client,
    ):
        assert (await client.post(good.address, json={"text": "Hei"})).json() == {"text": "Hei"}
        with pytest.raises(http.Forbidden, match="not the partner's"):
            await client.post(other.address, json={"text": "Hei"})
        assert other.asked == []


async def test_a_name_that_leads_inside_is_not_called() -> None:
    async with http.client("https://localhost") as client:
        with pytest.raises(http.Forbidden, match="not public"):
            await client.get("https://localhost")


async def test_a_name_without_an_address_is_down() -> None:
    async with http.client("https://nobody.invalid") as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://nobody.invalid")


@pytest.mark.parametrize("network", ["10.0.0.0/33", "ten", "10.0.0"])
def test_a_network_that_is_none_is_refused(network: str) -> None:
    with pytest.raises(Invalid, match="Write networks as"):
        http.allowed([network])
