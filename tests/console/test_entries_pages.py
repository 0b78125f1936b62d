"""The pages where answers are found, read, written, compared and brought back."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.console.conftest import ClientOf

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = "/console/brains/kommune/entries"
NEW = "/console/brains/kommune/new-entry"


def rows(page: httpx.Response) -> list[str]:
    """The ids in the list, in the order shown."""
    return re.findall(r'<tr data-item data-key="([^"]+)"', page.text)


async def test_the_list_is_sought_narrowed_and_sorted(client_of: ClientOf) -> None:
    reader = client_of("reader")
    found = await reader.get(LIST, params={"text": "brøyter veien"})
    assert rows(found) == ["snorydding"]
    by_title = await reader.get(LIST, params={"order": "title"})
    titles = re.findall(r'class="entry-title"><a href="[^"]*">([^<]*)</a>', by_title.text)
    assert titles == sorted(titles, key=str.casefold) and len(titles) > 10
    lacking = await reader.get(LIST, params={"lacks": "en"})
    assert "snorydding" in rows(lacking) or "snorydding" in lacking.text
    nothing = await reader.get(LIST, params={"text": "xyzzy"})
    assert rows(nothing) == [] and "Ingen svar passer" in nothing.text
    assert NEW not in by_title.text
    assert NEW in (await client_of("curator").get(LIST)).text


async def test_one_answer_with_all_that_belongs_to_it(client_of: ClientOf) -> None:
    page = await client_of("curator").get(f"{LIST}/alarm%2Fset", params={"given_by": "bergen"})
    assert page.status_code == 200
    assert "Trygghetsalarm" in page.text and "trygghetsalarm til mor" in page.text
    assert f'action="{LIST}/alarm%2Fset/preview"' in page.text
    as_reader = await client_of("reader").get(f"{LIST}/alarm%2Fset")
    assert "/preview" not in as_reader.text and "/comment" not in as_reader.text
    assert (await client_of("nav curator").get(f"{LIST}/alarm%2Fset")).status_code == 403
