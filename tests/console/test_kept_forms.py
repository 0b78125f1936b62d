"""What was written in a form whose session had ended comes back after signing in again."""

from __future__ import annotations

import datetime as dt
import html
import re

import httpx
import pytest
import sqlalchemy as sa

from brains import kept_forms, tables
from brains.kept_forms import KeptForm
from brains.people import Person
from brains.sessions import IDLE_HOURS, REMEMBERED
from brains.store import now
from router.service import Service
from tests.console.conftest import ClientOf
from tests.console.test_gaps_pages import LIST, _ask
from tests.console.test_sign_in import PASSWORD, Browser, browser, kari

__all__ = ["browser", "kari"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "Første linje.\n\n«Æ, ø & å» <b>ikke fet</b> 🐟"


async def _end_session(service: Service, person: Person, ago: dt.timedelta) -> None:
    """As if nothing had been asked for in so long."""
    async with service.db.write() as tx:
        mine = tables.sessions.c.person == person.id
        await tx.execute(sa.update(tables.sessions).where(mine).values(last_seen=now() - ago))


async def _sent_too_late(
    browser: Browser, service: Service, person: Person, page: str, url: str, **data: object
) -> httpx.Response:
    """The page is opened, the session ends, and then its form is sent."""
    shown = await browser.client.get(page)
    token = re.search(r'name="_csrf_token" value="(\w+)"', shown.text)
    assert token is not None, shown.text
    await _end_session(service, person, dt.timedelta(hours=IDLE_HOURS))
    referer = str(browser.client.base_url).rstrip("/") + page
    return await browser.client.post(
        url, data={**data, "_csrf_token": token[1]}, headers={"referer": referer}
    )


async def _back_in(browser: Browser, refused: httpx.Response, email: str) -> httpx.Response:
    """Signed in again, from where the form was refused, and on to where that leads."""
    assert refused.status_code == 303, refused.text
    wanted = httpx.URL(refused.headers["location"]).params["next"]
    asked = await browser.client.get(refused.headers["location"])
    assert "Du var logget ut" in html.unescape(asked.text)
    came = await browser.sign_in(email, next=wanted)
    while came.status_code == 303:
        came = await browser.client.get(came.headers["location"])
    return came


async def test_what_was_written_comes_back_as_it_was_and_nothing_was_done(
    browser: Browser, kari: Person, service: Service
) -> None:
    id = await _ask(service, "Hvem eier den gamle isdammen?")
    url = f"{LIST}/{id}/answer"
    await browser.sign_in(kari.email)
    refused = await _sent_too_late(
        browser,
        service,
        kari,
        f"{url}?how=new",
        f"{url}/try",
        how="new",
        title="Isdammen & folk",
        answer_nb=TEXT,
        questions="Er isdammen privat?",
        audience=["bergen", "asker"],
    )
    page = (await _back_in(browser, refused, kari.email)).text
    shown = re.search(r"<textarea[^>]*readonly[^>]*>\n(.*?)</textarea>", page, re.S)
    assert shown is not None and html.unescape(shown[1]) == TEXT
    form = page[page.index(f'action="{url}/try"') :]
    assert 'name="title" value="Isdammen &amp; folk"' in form and "Send det nå" in form
    assert re.findall(r'name="audience" value="(\w+)"', form) == ["bergen", "asker"]
    assert f'href="{url}?how=new"' in form
    assert (await service.gap_desk.get("kommune", id)).status == "open"


async def test_nobody_else_gets_it(browser: Browser, kari: Person, client_of: ClientOf,
                                   service: Service) -> None:  # fmt: skip
    id = await _ask(service, "Hvem har nøkkelen til tårnet?")
    await browser.sign_in(kari.email)
    page = f"{LIST}/{id}"
    late = await _sent_too_late(browser, service, kari, page, f"{page}/rename", title="Hemmelig")
    wanted = httpx.URL(late.headers["location"]).params["next"]
    for kind in ("admin", "curator", "editor"):
        other = client_of(kind)
        gone = await other.get(wanted)
        assert (gone.status_code, gone.headers["location"]) == (303, "/console")
    kept = (await _back_in(browser, late, kari.email)).text
    assert 'value="Hemmelig"' in kept


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/x"])
async def test_from_a_page_that_is_not_known_it_is_kept_all_the_same(
    browser: Browser, kari: Person, service: Service, referer: str
) -> None:
    id = await _ask(service, "Hvor mange trapper er det til fjellstua?")
    url = f"{LIST}/{id}/answer/try"
    await browser.sign_in(kari.email)
    shown = await browser.client.get(f"{LIST}/{id}/answer")
    token = re.search(r'name="_csrf_token" value="(\w+)"', shown.text)
    assert token is not None
    await _end_session(service, kari, dt.timedelta(hours=IDLE_HOURS))
    data = {"_csrf_token": token[1], "how": "new", "title": "Trapper", "answer_nb": TEXT * 2}
    late = await browser.client.post(url, data=data, headers={"referer": referer})
    page = html.unescape((await _back_in(browser, late, kari.email)).text)
    assert "Dette rakk ikke å bli sendt" in page and TEXT * 2 in page
    assert "Gå til siden uten å sende" not in page


async def test_a_password_is_never_kept(browser: Browser, kari: Person, service: Service) -> None:
    await browser.sign_in(kari.email)
    account = await browser.client.get("/console/account")
    unkept = re.findall(r'name="_unkept" value="(\w+)"', account.text)
    assert sorted(unkept) == ["again", "current", "password"]
    late = await _sent_too_late(
        browser,
        service,
        kari,
        "/console/account",
        "/console/account/password",
        _unkept=unkept,
        current=PASSWORD,
        password="xyzzy-nytt-passord",
        again="xyzzy-nytt-passord",
    )
    assert late.status_code == 303
    async with service.db.read() as tx:
        rows = (await tx.execute(sa.select(tables.kept_forms.c.fields))).scalars().all()
    assert rows and not any("xyzzy" in one or PASSWORD in one for one in rows)


async def test_a_form_of_nobody_or_from_elsewhere_is_not_kept(
    browser: Browser, kari: Person, service: Service
) -> None:
    id = await _ask(service, "Er det haier i fjorden?")
    await browser.sign_in(kari.email)
    shown = await browser.client.get(f"{LIST}/{id}")
    token = re.search(r'name="_csrf_token" value="(\w+)"', shown.text)
    assert token is not None
    data = {"_csrf_token": token[1], "title": "Haier"}

    async def sent(**headers: str) -> int:
        response = await browser.client.post(f"{LIST}/{id}/rename", data=data, headers=headers)
        return response.status_code

    await _end_session(service, kari, dt.timedelta(hours=IDLE_HOURS))
    assert await sent(origin="https://elsewhere.example") == 401
    assert await sent(accept="application/json") == 401
    data["_csrf_token"] = "0" * 128
    assert await sent() == 401
    data["_csrf_token"] = token[1]
    assert await sent() == 303
    await _end_session(service, kari, REMEMBERED + dt.timedelta(hours=IDLE_HOURS))
    assert await sent() == 401
    browser.client.cookies.delete("samsvar_session")
    assert await sent() == 401


async def test_it_is_kept_an_hour_and_not_many_of_one_person(
    kari: Person, service: Service
) -> None:
    form, at = KeptForm("/console/x", "", [("text", "\0sagt")]), now()
    async with service.db.write() as tx:
        tokens = [
            await kept_forms.keep(tx, kari.id, form, at + dt.timedelta(seconds=number))
            for number in range(kept_forms.KEPT_MAX + 2)
        ]
        last = at + dt.timedelta(seconds=kept_forms.KEPT_MAX + 1)
        found = [await kept_forms.find(tx, token, kari.id, last) for token in tokens]
        assert [one is not None for one in found] == [False] * 2 + [True] * kept_forms.KEPT_MAX
        assert found[-1] == KeptForm("/console/x", "", [("text", "sagt")])
        over = last + kept_forms.KEPT
        assert await kept_forms.find(tx, tokens[-1], kari.id, over) is None
        await kept_forms.purge(tx, over)
        left = await tx.execute(
            sa.select(sa.func.count()).where(tables.kept_forms.c.person == kari.id)
        )
        assert left.scalar_one() == 0
