"""Notices, facts, local answers and organisations in the console: kept by who may, and undone."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio

from brains.model import Entry
from router.service import Service
from tests.console.conftest import ClientOf
from tests.console.tried import given, looked
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTICES = "/console/brains/kommune/broadcasts"
FACTS = "/console/brains/kommune/facts"
LOCAL = "/console/brains/kommune/local-answers"
PRICE = Entry(
    id="sfo-pris",
    title="Hva SFO koster",
    topic="sfo",
    questions=["Hva koster SFO?", "sfo pris", "kva kostar sfo"],
    answers={
        "nb": "SFO koster {{ facts.sfo_price }}.\n"
        "{% if facts.sfo_url %}Se {{ facts.sfo_url }}.{% endif %}",
        "en": "It costs {{ facts.sfo_price }}.",
    },
)


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def an_answer_with_a_fact(service: Service) -> AsyncIterator[None]:
    """An answer that every body gives once it has given the price."""
    await service.curation.save_entry("kommune", PRICE, "test")
    yield
    await service.curation.set_facts("bergen", dict.fromkeys(("sfo_price", "unused_fact")), "test")
    await service.curation.set_facts("voss", {"sfo_price": None}, "test")


async def undo(client: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
    """Press the button that the next page offers."""
    shown = await client.get(page.headers["location"])
    flashes = shown.text.split("data-flash")[1:]
    assert flashes, "the next page says nothing"
    said = flashes[-1].partition("</form>")[0]
    action = re.search(r'action="([^"]+)"', said)
    assert action is not None, said
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', said):
        fields.setdefault(name, []).append(html.unescape(value))
    fields.pop("_csrf_token", None)
    return await client.post(html.unescape(action[1]), data=fields)


async def notices(client: httpx.AsyncClient, body: str) -> list[str]:
    shown = (await client.get(f"/v1/bodies/{body}/broadcasts")).json()["items"]
    return [notice["text"] for notice in shown]


async def answer(
    client: httpx.AsyncClient, body: str, text: str = "Hva koster SFO?", language: str = "nb"
) -> str:
    asked = {"body": body, "text": text, "language": language}
    reply = await client.post("/v1/ask", json=asked)
    said: str = reply.json()["text"]
    return said


# Notices


async def test_a_curator_publishes_a_notice_and_withdraws_it_and_undoes_that(
    client_of: ClientOf,
) -> None:
    curator, anybody = client_of("curator"), client_of("anonymous")
    empty = await curator.get(NOTICES)
    assert "Ingen kunngjøringer nå" in empty.text
    form = {
        "text_nb": "Kok **vannet**.",
        "text_en": "Boil it.",
        "level": "warning",
        "audience": "*",
    }
    made = await curator.post(NOTICES, data=form)
    assert made.status_code == 303
    assert await notices(anybody, "voss") == ["Kok vannet."]
    shown = (await curator.get(NOTICES)).text
    assert "Kok <strong>vannet</strong>." in shown and "Viktig melding" in shown
    id = re.findall(rf'{NOTICES}/([0-9a-f]+)/withdraw"', shown)[0]
    withdrawn = await curator.post(f"{NOTICES}/{id}/withdraw")
    assert await notices(anybody, "voss") == []
    assert (await undo(curator, withdrawn)).status_code == 303
    assert await notices(anybody, "voss") == ["Kok vannet."]
    await curator.post(f"{NOTICES}/{id}/withdraw")
    again = await curator.get(f"{NOTICES}/new?like={id}")
    assert "Kok **vannet**." in again.text
    deleted = await curator.post(f"{NOTICES}/{id}/delete")
    assert deleted.status_code == 303
    assert f"{NOTICES}/{id}/delete" not in (await curator.get(NOTICES)).text


async def test_an_editors_notice_goes_to_the_own_body_whatever_is_sent(client_of: ClientOf) -> None:
    editor, anybody = client_of("editor"), client_of("anonymous")
    page = await editor.get(f"{NOTICES}/new")
    assert "Voss" not in page.text and "Alle virksomheter" not in page.text
    made = await editor.post(NOTICES, data={"text_nb": "Rådhuset er stengt.", "audience": "*"})
    assert made.status_code == 303
    assert await notices(anybody, "bergen") == ["Rådhuset er stengt."]
    assert await notices(anybody, "voss") == []
    other = await client_of("voss editor").get(NOTICES)
    assert "Rådhuset" not in other.text
    assert (await undo(editor, made)).status_code == 303
    assert await notices(anybody, "bergen") == []


async def test_what_is_wrong_with_a_notice_is_said_beside_what_was_written(
    client_of: ClientOf,
) -> None:
    curator = client_of("curator")
    form = {"audience": "*", "starts": "2026-03-02T12:00", "ends": "2026-03-02T11:00"}
    page = await curator.post(NOTICES, data=form)
    assert page.status_code == 400
    assert "Slutten må komme etter starten." in page.text
    assert "Skriv teksten på minst ett språk." in page.text
    assert 'value="2026-03-02T11:00"' in page.text
    unknown = {"audience": "*", "text_nb": "x", "entry": "atlantis"}
    assert (await curator.post(NOTICES, data=unknown)).status_code == 400


@pytest.mark.parametrize("who", ["reader", "nav curator", "agent"])
async def test_others_publish_no_notices(client_of: ClientOf, who: str) -> None:
    refused = await client_of(who).post(NOTICES, data={"text_nb": "x", "audience": "*"})
    assert refused.status_code == 403


# Facts


async def test_the_table_marks_what_is_missing_and_what_nobody_uses(
    client_of: ClientOf, service: Service
) -> None:
    curator, anybody = client_of("curator"), client_of("anonymous")
    await service.curation.set_facts("bergen", {"unused_fact": "42"}, "test")
    await answer(anybody, "voss")
    await answer(anybody, "voss")
    table = await service.facts.table("kommune")
    rows = {row.key: row for row in table.rows}
    price = rows["sfo_price"]
    assert {body for body, cell in price.cells.items() if cell.missing} >= {"bergen", "voss"}
    assert price.cells["voss"].asked == 2 and price.asked == 2
    assert [use.title for use in price.uses] == ["Hva SFO koster"]
    assert rows["sfo_url"].missing == 0, "the answer can do without it"
    assert rows["unused_fact"].uses == ()
    page = (await curator.get(f"{FACTS}?only=missing")).text
    assert "sfo_price" in page and "unused_fact" not in page and "2 har spurt" in page
    assert "unused_fact" in (await curator.get(f"{FACTS}?only=unused")).text
    assert "sfo_price" in (await curator.get(f"{FACTS}?topic=sfo")).text
    assert "Ingen treff" in (await curator.get(f"{FACTS}?text=finnesikke")).text


async def test_a_value_that_is_set_is_answered_with_at_once_and_undone(
    client_of: ClientOf,
) -> None:
    curator, anybody = client_of("curator"), client_of("anonymous")
    back = f"{FACTS}?only=missing#c-sfo_price-bergen"
    path = "/console/bodies/bergen/facts/sfo_price"
    saved = await curator.post(path, data={"value": "3 000 kr", "back": back})
    assert saved.headers["location"] == back
    assert await answer(anybody, "bergen") == "SFO koster 3 000 kr."
    both = {"value": "3 000 kr", "value_en": "NOK 3,000"}
    changed = await curator.post(path, data=both)
    page = await client_of("reader").get(f"{FACTS}/sfo_price?seen_as=bergen")
    assert "SFO koster 3 000 kr." in page.text
    assert await answer(anybody, "bergen", "sfo pris", "en") == "It costs NOK 3,000."
    assert (await undo(curator, changed)).status_code == 303
    assert await answer(anybody, "bergen", "sfo pris", "en") == "It costs 3 000 kr."
    removed = await curator.post(path, data={"value": ""})
    assert "3 000" not in await answer(anybody, "bergen")
    assert (await undo(curator, removed)).status_code == 303
    assert await answer(anybody, "bergen") == "SFO koster 3 000 kr."


async def test_a_gap_that_waited_for_a_fact_closes_when_the_body_gives_it(
    client_of: ClientOf, service: Service
) -> None:
    await service.curation.set_facts("voss", {"sfo_price": None}, "test")
    asked = {"body": "voss", "text": "sfo pris"}
    outcome = (await client_of("anonymous").post("/v1/ask", json=asked)).json()["outcome"]
    gap = await service.gap_desk.get("kommune", outcome["gap"])
    assert gap.status == "open" and outcome["missing_fact"] == "sfo_price"
    editor = client_of("voss editor")
    await editor.post("/console/bodies/voss/facts/sfo_price", data={"value": "2 000 kr"})

    async def closed() -> bool:
        return (await service.gap_desk.get("kommune", gap.id)).status == "answered"

    await until(closed)
    await service.curation.set_facts("voss", {"sfo_price": None}, "test")


async def test_an_editor_sees_and_changes_the_own_column_only(client_of: ClientOf) -> None:
    editor = client_of("editor")
    for page in (FACTS, f"{FACTS}/sfo_price", f"{FACTS}.csv", "/console/bodies/bergen/facts"):
        shown = await editor.get(page)
        assert shown.status_code == 200
        assert "voss" not in shown.text.lower(), page
    assert (await editor.get("/console/bodies/voss/facts")).status_code == 403
    other = await editor.post("/console/bodies/voss/facts/sfo_price", data={"value": "1"})
    assert other.status_code == 403
    renamed = await editor.post(f"{FACTS}/sfo_price/label", data={"label_nb": "x"})
    assert renamed.status_code == 403
    reader = await client_of("reader").post(
        "/console/bodies/bergen/facts/sfo_price", data={"value": "1"}
    )
    assert reader.status_code == 403


async def test_a_curator_names_a_fact_for_everybody(client_of: ClientOf, service: Service) -> None:
    curator = client_of("curator")
    await service.curation.set_facts("bergen", {"sfo_price": "3 000 kr"}, "test")
    await curator.post(f"{FACTS}/sfo_price/label", data={"label_nb": "Pris for SFO"})
    await service.curation.set_facts("voss", {"sfo_price": "2 000 kr"}, "test")
    assert service.knowledge.facts["voss"]["sfo_price"].label == {"nb": "Pris for SFO"}
    assert "Pris for SFO" in (await client_of("editor").get(FACTS)).text


async def upload(client: httpx.AsyncClient, content: str) -> httpx.Response:
    return await client.post(f"{FACTS}-import", files={"file": ("facts.csv", content.encode())})


def confirmation(page: httpx.Response) -> dict[str, str]:
    found = re.search(r'name="values" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return {"values": html.unescape(found[1])}


async def test_the_table_goes_to_a_spreadsheet_and_back(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    values = {
        "bergen": {"sfo_price": {"nb": "gratis", "en": "free"}},
        "voss": {"sfo_price": "=1+1"},
    }
    await service.facts.set(values)  # type: ignore[arg-type]
    exported = (await curator.get(f"{FACTS}.csv")).text
    assert exported.startswith("\ufefffact;label;language;") and "'=1+1" in exported
    same = await upload(curator, exported)
    assert "Filen endrer ingenting" in same.text
    page = await upload(curator, exported.replace("gratis", "500 kr"))
    assert "Filen endrer 1 verdi." in page.text and "500 kr" in page.text
    assert service.knowledge.facts["bergen"]["sfo_price"].value == {"nb": "gratis", "en": "free"}
    done = await curator.post(f"{FACTS}-import/confirm", data=confirmation(page))
    assert done.status_code == 303
    assert service.knowledge.facts["bergen"]["sfo_price"].value == {"nb": "500 kr", "en": "free"}
    assert service.knowledge.facts["voss"]["sfo_price"].value == "=1+1"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("", "Velg en fil"),
        ("a;b\n1;2\n", "Linje 1"),
        ("fact;atlantis\nsfo_price;1\n", "kolonne atlantis"),
        ("fact;bergen;bergen\nsfo_price;1;2\n", "kolonne bergen"),
        ("fact;bergen\nIkke en kode;1\n", "Linje 2, kolonne fact"),
        ("fact;language;bergen\nsfo_price;norsk!;1\n", "Linje 2, kolonne language"),
        ("fact;bergen\nsfo_price;1\nsfo_price;2\n", "Linje 3, kolonne bergen"),
        ("fact;bergen\nsfo_price;1;2;3\n", "Linje 2"),
        (f"fact;bergen\nsfo_price;{'x' * 1001}\n", "Linje 2, kolonne bergen"),
        ('fact;bergen\nsfo_price;"1\n', "CSV"),
    ],
)
async def test_a_wrong_file_names_line_and_column_and_changes_nothing(
    client_of: ClientOf, service: Service, content: str, names: str
) -> None:
    before = copy.deepcopy(service.knowledge.facts)
    page = await upload(client_of("curator"), content)
    assert page.status_code == 400
    assert names in html.unescape(page.text)
    assert service.knowledge.facts == before


async def test_an_editors_file_cannot_set_anothers_facts(client_of: ClientOf) -> None:
    editor = client_of("editor")
    refused = await upload(editor, "fact;voss\nsfo_price;1\n")
    assert refused.status_code == 400
    forged = {"values": '{"voss":{"sfo_price":"1"}}'}
    assert (await editor.post(f"{FACTS}-import/confirm", data=forged)).status_code == 403


# Local answers


async def test_an_editor_writes_a_local_answer_beside_the_shared_one_and_undoes_it(
    client_of: ClientOf, service: Service
) -> None:
    editor, anybody = client_of("editor"), client_of("anonymous")
    address = f"{LOCAL}/bergen/snorydding"
    shown = await editor.get(address)
    assert "Vi brøyter når det har snødd." in shown.text
    question, own = "Når brøyter dere veien?", {"text_nb": "Bergen **brøyter**."}
    assert await answer(anybody, "bergen", question) == "Vi brøyter når det har snødd."
    preview = await looked(editor, (await editor.post(address, data=own)).headers["location"])
    assert "Bergen <strong>brøyter</strong>." in preview.text and f"«{question}»" in preview.text
    assert await answer(anybody, "bergen", question) == "Vi brøyter når det har snødd."
    saved = await given(editor, address, own)
    assert await answer(anybody, "bergen", question) == "Bergen brøyter."
    assert await answer(anybody, "voss", question) == "Vi brøyter når det har snødd."
    assert address in (await client_of("curator").get(LOCAL)).text
    assert (await undo(editor, saved)).status_code == 303
    assert await answer(anybody, "bergen", question) == "Vi brøyter når det har snødd."


async def test_one_older_than_the_shared_answer_is_marked_with_what_changed(
    client_of: ClientOf, service: Service
) -> None:
    curator, address = client_of("curator"), f"{LOCAL}/voss/sfo-pris"
    await given(curator, address, {"text_nb": "Gratis på Voss."})
    changed = await service.curation.entry("kommune", "sfo-pris")
    answers = {**changed.answers, "en": "The price is {{ facts.sfo_price }}."}
    changed = msgspec.structs.replace(changed, answers=answers)
    await service.curation.save_entry("kommune", changed, "test")
    listed = await curator.get(f"{LOCAL}?audience=voss")
    assert "Eldre enn det felles svaret" in listed.text
    page = (await curator.get(address)).text
    assert "<del>It costs </del><ins>The price is </ins>" in page
    await curator.post(f"{address}/still-right")
    assert "Eldre enn" not in (await curator.get(f"{LOCAL}?audience=voss")).text
    removed = await given(curator, address, {}, "/remove")
    assert "Gratis" not in await answer(client_of("anonymous"), "voss")
    assert (await undo(curator, removed)).status_code == 303
    assert await answer(client_of("anonymous"), "voss") == "Gratis på Voss."
    await given(curator, address, {}, "/remove")


async def test_an_editor_keeps_no_other_bodys_and_no_groups_answers(client_of: ClientOf) -> None:
    editor, text = client_of("editor"), {"text_nb": "x"}
    assert (await editor.post(f"{LOCAL}/voss/snorydding", data=text)).status_code == 403
    assert (await editor.get(f"{LOCAL}/voss/snorydding")).status_code == 404
    assert (await editor.post(f"{LOCAL}/group:vestland/snorydding", data=text)).status_code == 403
    await given(client_of("curator"), f"{LOCAL}/voss/snorydding", {"text_nb": "Bare voss."})
    assert "voss" not in (await editor.get(LOCAL)).text.lower()
    await given(client_of("curator"), f"{LOCAL}/voss/snorydding", {}, "/remove")


async def test_a_wrong_local_answer_is_shown_again_as_it_was_written(client_of: ClientOf) -> None:
    wrong = {"text_nb": "{{ config.secret }}"}
    page = await client_of("editor").post(f"{LOCAL}/bergen/snorydding", data=wrong)
    assert page.status_code == 400 and "{{ config.secret }}" in page.text


# Organisations


async def test_an_editor_keeps_greeting_hours_and_contacts_and_undoes_it(
    client_of: ClientOf, service: Service
) -> None:
    editor, path = client_of("editor"), "/console/bodies/bergen"
    shown = await editor.get(path)
    assert (
        "&lt;samsvar-chat body=&#34;bergen&#34;&gt;" in shown.text
        and 'name="origins"' not in shown.text
    )
    before = service.knowledge.body("bergen")
    form = {
        "greeting_nb": "Hei fra Bergen!",
        "hours_mon": "08:00 - 12:00, 13:00-15:30",
        "closed_days": "24.12.2026\n2026-12-25",
        "popular": ["snorydding", ""],
        "contact_kind": ["phone", "email"],
        "contact_value": ["55 50 00 10", ""],
        "contact_url": ["tel:+4755500010", ""],
        "contact_label_nb": ["Ring oss", ""],
        "name": "Atlantis",
    }
    saved = await editor.post(path, data=form)
    assert saved.status_code == 303
    body = service.knowledge.body("bergen")
    assert body.greeting == {"nb": "Hei fra Bergen!"}
    assert body.opening_hours["mon"] == ["08:00-12:00", "13:00-15:30"]
    assert body.closed_days == ["2026-12-24", "2026-12-25"]
    assert [(one.kind, one.value) for one in body.contacts] == [("phone", "55 50 00 10")]
    assert body.popular == ["snorydding"]
    assert (body.name, body.origins) == (before.name, before.origins)
    assert (await undo(editor, saved)).status_code == 303
    assert service.knowledge.body("bergen").greeting == before.greeting
    wrong = {"hours_mon": "åtte", "contact_value": ["x"], "contact_kind": ["web"]}
    wrong["contact_url"] = ["javascript:alert(1)"]
    page = await editor.post(path, data=wrong)
    assert page.status_code == 400
    assert "Skriv tiden slik" in page.text and "Kontaktpunkt 1" in page.text


async def test_only_an_administrator_adds_organisations_and_sets_the_rest(
    client_of: ClientOf, service: Service
) -> None:
    admin = client_of("admin")
    form = {"id": "stord", "name": "Stord kommune", "brain": "kommune", "language": "nn"}
    added = await admin.post("/console/bodies", data=form)
    assert added.headers["location"] == "/console/bodies/stord"
    assert service.knowledge.body("stord").language == "nn"
    assert "Koden er i bruk" in (await admin.post("/console/bodies", data=form)).text
    more = {**form, "origins": "https://www.stord.example/\n", "groups": "vestland"}
    changed = await admin.post("/console/bodies/stord/settings", data=more)
    assert service.knowledge.body("stord").origins == ["https://www.stord.example"]
    assert (await undo(admin, changed)).status_code == 303
    assert service.knowledge.body("stord").origins == []
    for who in ("curator", "editor", "reader"):
        client = client_of(who)
        assert (await client.post("/console/bodies", data=form)).status_code == 403
        refused = await client.post("/console/bodies/bergen/settings", data=more)
        assert refused.status_code == 403
    assert (await client_of("editor").get("/console/bodies/voss")).status_code == 403
    assert "Voss" not in (await client_of("editor").get("/console/bodies")).text
    assert (await client_of("editor").post("/console/bodies/voss", data={})).status_code == 403
