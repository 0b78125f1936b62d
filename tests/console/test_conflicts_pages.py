"""What does not go together, in the console: looked for, shown, accepted and taken back."""

from __future__ import annotations

import re

import pytest

from tests.console.conftest import ClientOf, watched

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "/console/brains/kommune/conflicts"


async def test_what_was_found_stays_until_it_is_accepted(client_of: ClientOf) -> None:
    curator = client_of("curator")
    looking = await curator.post(f"{URL}/find")
    assert await watched(curator, looking.headers["location"]) == URL
    found = (await curator.get(URL)).text
    assert "Sett gjennom" in found
    assert "&lt;" not in found  # markup shown as text
    keys = re.findall(r'data-key="([^"]+)"', found)
    assert keys
    accepted = await curator.post(f"{URL}/accept", data={"key": keys[0]})
    assert accepted.status_code == 303
    assert f'data-key="{keys[0]}"' not in (await curator.get(URL)).text
    await curator.post(f"{URL}/reopen", data={"key": keys[0]})
    assert f'data-key="{keys[0]}"' in (await curator.get(URL)).text
