"""What is tried before it is published: follow the job, read the form, and press its button."""

from __future__ import annotations

import re

import httpx

from tests.waiting import until

Fields = dict[str, str]


async def led_to(client: httpx.AsyncClient, address: str) -> str:
    """Where a job leads when it is done; the address itself where that is none."""

    async def done() -> str | None:
        response = await client.get(address)
        assert "alert-danger" not in response.text, response.text
        return response.headers["location"] if response.status_code == 303 else None

    if not address.startswith("/console/jobs/"):
        return address
    await until(done)
    return str(await done())


async def looked(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """The page of a result, to which a job leads or which was there at once."""
    return await client.get(await led_to(client, address))


async def tried(client: httpx.AsyncClient, address: str) -> Fields:
    """The fields of the form that publishes."""
    assert address.startswith("/console/jobs/")
    page = await looked(client, address)
    form = page.text[page.text.index("/publish") :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


async def given(
    client: httpx.AsyncClient, address: str, texts: Fields, then: str = ""
) -> httpx.Response:
    """Give a local answer, or with `then` "/remove" the shared one again, whatever it harms."""
    start = await client.post(f"{address}{then}", data=texts)
    page = await looked(client, start.headers["location"])
    (job,) = re.findall(r'name="job" value="([^"]*)"', page.text)
    return await client.post(f"{address}/publish", data={"job": job, "reason": "Det er meningen"})
