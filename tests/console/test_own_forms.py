"""Forms of facts, notices and organisations: what two people write, what is wrong, how it looks."""

from __future__ import annotations

import copy
import datetime as dt
import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from brains.model import Entry
from router.service import Service
from tests.console.conftest import ClientOf

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTICES = "/console/brains/kommune/broadcasts"
FACTS = "/console/brains/kommune/facts"
POOL = Entry(
    id="badebillett",
    title="Hva det koster å bade",
    topic="fritid-og-bad",
    questions=["Hva koster det å bade?", "badebillett pris"],
    answers={"nb": "Å bade koster {{ facts.pool_price }}."},
)
PRICE = "/console/bodies/bergen/facts/pool_price"


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def an_answer_with_a_fact(service: Service) -> AsyncIterator[None]:
    """An answer that no body can give before it has said what it costs to swim."""
    await service.curation.save_entry("kommune", POOL, "test")
    yield
    for body in ("bergen", "voss"):
        await service.curation.set_facts(body, {"pool_price": None}, "test")


def hidden(page: httpx.Response, name: str = "seen") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


def value(service: Service, body: str = "bergen") -> object:
    fact = service.knowledge.facts.get(body, {}).get("pool_price")
    return fact.value if fact else None


async def undo_of(client: httpx.AsyncClient, saved: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the undo button of the next page posts, and what."""
    shown = await client.get(saved.headers["location"])
    form = shown.text.split("data-flash")[-1].partition("</form>")[0]
    action = re.search(r'action="([^"]+)"', form)
    assert action is not None, form
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    fields.pop("_csrf_token", None)
    return html.unescape(action[1]), {name: html.unescape(one) for name, one in fields.items()}


# Facts


async def test_an_editor_sees_what_is_missing_first_and_the_rest_by_topic(
    client_of: ClientOf, service: Service
) -> None:
    await service.curation.set_facts("bergen", {"pool_price": None, "spare_fact": "1"}, "test")
    page = (await client_of("editor").get(FACTS)).text
    missing, topics = page.index('id="missing"'), page.index('id="topic-1"')
    assert missing < page.index('id="l-pool_price"') < topics < page.index('id="l-spare_fact"')
    assert "<textarea" not in page, "a form comes when it is asked for"
    await service.curation.set_facts("bergen", {"pool_price": "80 kr"}, "test")
    page = (await client_of("editor").get(FACTS)).text
    assert "Fritid og bad" in page and "80 kr" in page
    await service.curation.set_facts("bergen", {"spare_fact": None}, "test")


async def test_a_fact_that_two_people_change_at_once_is_not_lost(
    client_of: ClientOf, service: Service
) -> None:
    editor, curator = client_of("editor"), client_of("curator")
    await service.curation.set_facts("bergen", {"pool_price": "80 kr"}, "test")
    seen = hidden(await editor.get(PRICE))
    first = await curator.post(PRICE, data={"value": "90 kr", "seen": seen})
    assert first.status_code == 303
    second = await editor.post(PRICE, data={"value": "95 kr", "seen": seen})
    assert second.status_code == 409 and value(service) == "90 kr"
    assert "Noen har endret dette mens du skrev" in second.text
    assert "90 kr" in second.text and ">\n95 kr</textarea>" in second.text
    again = {"value": "95 kr", "seen": hidden(second)}
    assert (await editor.post(PRICE, data=again)).status_code == 303
    assert value(service) == "95 kr"
    where, fields = await undo_of(curator, first)
    assert (await curator.post(where, data=fields)).status_code == 409
    assert value(service) == "95 kr", "an undo takes back one's own change, not another's"


async def test_what_is_wrong_with_a_fact_stands_beside_what_was_written(
    client_of: ClientOf, service: Service
) -> None:
    before = value(service)
    page = await client_of("editor").post(PRICE, data={"value": "x" * 1001})
    assert page.status_code == 400 and value(service) == before
    assert 'aria-invalid="true"' in page.text and "x" * 1001 in page.text
    assert 'href="#field-value"' in page.text and 'id="field-value"' in page.text
    nowhere = await client_of("editor").get("/console/bodies/bergen/facts/no_such_fact")
    assert nowhere.status_code == 404


async def test_what_answers_link_to_is_a_whole_address(
    client_of: ClientOf, service: Service
) -> None:
    linking = {"nb": "Se [prisene]({{ facts.pool_site }})."}
    entry = Entry(id="badepriser", title="Badepriser", questions=["priser bad"], answers=linking)
    await service.curation.save_entry("kommune", entry, "test")
    editor, path = client_of("editor"), "/console/bodies/bergen/facts/pool_site"
    page = await editor.post(path, data={"value": "bergen.example/bad"})
    assert page.status_code == 400 and "Skriv hele adressen" in page.text
    parts = {"value_nb": "https://bergen.example/bad", "value_en": "see below"}
    page = await editor.post(path, data=parts)
    assert page.status_code == 400 and 'href="#field-value_en"' in page.text
    right = await editor.post(path, data={"value": "https://bergen.example/bad"})
    assert right.status_code == 303
    await service.curation.set_facts("bergen", {"pool_site": None}, "test")


async def test_a_facts_own_page_lists_those_that_lack_it_first(
    client_of: ClientOf, service: Service
) -> None:
    await service.curation.set_facts("bergen", {"pool_price": "80 kr"}, "test")
    await service.curation.set_facts("voss", {"pool_price": None}, "test")
    page = (await client_of("curator").get(f"{FACTS}/pool_price")).text
    assert page.index('id="b-voss"') < page.index('id="b-bergen"')
    narrowed = (await client_of("curator").get(f"{FACTS}/pool_price?only=missing")).text
    assert 'id="b-voss"' in narrowed and 'id="b-bergen"' not in narrowed
    found = (await client_of("curator").get(f"{FACTS}/pool_price?text=berg")).text
    assert 'id="b-bergen"' in found and 'id="b-voss"' not in found


async def test_the_table_shows_the_organisations_that_were_chosen(client_of: ClientOf) -> None:
    curator = client_of("curator")
    assert {"c-pool_price-bergen", "c-pool_price-voss"} <= set(
        re.findall(r'id="(c-[^"]+)"', (await curator.get(FACTS)).text)
    )
    chosen = (await curator.get(f"{FACTS}?of=voss")).text
    assert "c-pool_price-voss" in chosen and "c-pool_price-bergen" not in chosen
    other = (await client_of("editor").get(f"{FACTS}?of=voss")).text
    assert "voss" not in other.replace("of=voss", "").lower(), "but in its own address"


# Notices


async def test_a_notice_is_looked_at_before_it_is_out(
    client_of: ClientOf, service: Service
) -> None:
    form = {"text_nb": "Kok **vannet**.", "level": "warning", "reach": "all"}
    form["ends"] = f"{dt.datetime.now() + dt.timedelta(days=2):%Y-%m-%dT12:00}"
    page = await client_of("curator").post(NOTICES, data={**form, "preview": "true"})
    assert page.status_code == 200
    assert "Kok <strong>vannet</strong>." in page.text and "Ikke publisert" in page.text
    assert "Kok **vannet**.</textarea>" in page.text
    shown = await client_of("anonymous").get("/v1/bodies/voss/broadcasts")
    assert shown.json()["items"] == []


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"starts": "2027-03-28T02:30"}, "Det klokkeslettet finnes ikke"),
        ({"starts": "2020-01-01T08:00", "ends": "2020-01-02T08:00"}, "Dette er allerede passert"),
        ({"starts": "i morgen"}, "Skriv dato og klokkeslett"),
        ({"reach": "some"}, "Velg minst én"),
    ],
)
async def test_a_notice_that_could_not_be_seen_is_not_published(
    client_of: ClientOf, service: Service, times: dict[str, str], said: str
) -> None:
    before = copy.deepcopy(service.knowledge.broadcasts)
    form = {"text_nb": "Vannet er borte.", "reach": "all", **times}
    page = await client_of("curator").post(NOTICES, data=form)
    assert page.status_code == 400 and said in page.text
    assert service.knowledge.broadcasts == before


async def test_times_are_norwegian_in_summer_and_winter(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    form = {"text_nb": "Sommertid.", "reach": "some", "audience": "bergen"}
    form |= {"starts": "2031-07-01T12:00", "ends": "2031-12-01T12:00"}
    made = await curator.post(NOTICES, data=form)
    (one,) = [one for one in service.broadcasts.list("kommune") if one.texts["nb"] == "Sommertid."]
    assert one.ends_at is not None
    assert (one.starts_at.hour, one.ends_at.hour) == (10, 11), "in UTC"
    assert one.audience == ["bergen"]
    assert "Planlagt" in (await curator.get(made.headers["location"])).text
    edit = await curator.get(f"{NOTICES}/{one.id}")
    assert 'value="2031-07-01T12:00"' in edit.text
    seen, changed = hidden(edit), {**form, "text_nb": "Sommertid nå."}
    assert (
        await curator.post(f"{NOTICES}/{one.id}", data={**changed, "seen": seen})
    ).status_code == 303
    stale = await curator.post(f"{NOTICES}/{one.id}", data={**form, "seen": seen})
    assert stale.status_code == 409
    assert service.broadcasts.get("kommune", one.id).texts["nb"] == "Sommertid nå."
    await curator.post(f"{NOTICES}/{one.id}/delete")


async def test_more_notices_than_a_chat_has_room_for_are_pointed_out(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    for i in range(6):
        form = {"text_nb": f"Stengt {i}.", "reach": "some", "audience": "voss"}
        assert (await curator.post(NOTICES, data=form)).status_code == 303
    page = (await curator.get(NOTICES)).text
    assert page.count("Får ikke plass hos 1 virksomhet") == 1
    assert "Får ikke plass" not in (await client_of("editor").get(NOTICES)).text
    for one in service.broadcasts.list("kommune"):
        await service.broadcasts.delete("kommune", one.id)


# Organisations


async def test_the_bots_name_is_kept_and_two_editors_do_not_overwrite_each_other(
    client_of: ClientOf, service: Service
) -> None:
    editor, path = client_of("editor"), "/console/bodies/bergen"
    before = service.knowledge.body("bergen")
    seen = hidden(await editor.get(path))
    named = await editor.post(path, data={"bot_name": "Frida", "seen": seen})
    assert named.status_code == 303
    assert service.knowledge.body("bergen").bot_name == "Frida"
    late = await client_of("curator").post(path, data={"bot_name": "Ola", "seen": seen})
    assert late.status_code == 409 and 'value="Ola"' in late.text
    assert service.knowledge.body("bergen").bot_name == "Frida"
    where, fields = await undo_of(editor, named)
    assert (await editor.post(where, data=fields)).status_code == 303
    assert service.knowledge.body("bergen") == before


# The log


async def test_the_log_is_told_in_sentences_that_lead_to_what_was_done(
    client_of: ClientOf, service: Service
) -> None:
    curator, admin = client_of("curator"), client_of("admin")
    await curator.post(PRICE, data={"value": "100 kr"})
    form = {"text_nb": "Kaien er stengt.", "reach": "some", "audience": "bergen"}
    await curator.post(NOTICES, data=form)
    log = html.unescape((await admin.get("/console/audit")).text)
    line = rf'<strong>Curator</strong> endret opplysninger: <a href="{FACTS}/pool_price">'
    assert line in log
    assert f'publiserte en kunngjøring: <a href="{NOTICES}">«Kaien er stengt.»</a>' in log
    assert "I dag" in log and "i konsollen" not in log
    admin.cookies.set("samsvar_language", "en")
    assert "</strong> changed facts: <a " in (await admin.get("/console/audit")).text
    for one in service.broadcasts.list("kommune"):
        await service.broadcasts.delete("kommune", one.id)
