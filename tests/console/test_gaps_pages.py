"""Unanswered questions in the console: seen, worked on, answered, and seen by an editor."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest

from brains.model import Entry, Nearest
from brains.store import now
from router.service import Service
from tests.console.conftest import ClientOf

pytestmark = pytest.mark.asyncio(loop_scope="session")

HTML = {"accept": "text/html"}
LIST = "/console/brains/kommune/gaps"


async def _ask(service: Service, text: str, body: str = "bergen", **more: Any) -> str:
    """A question that nobody could answer; its gap's id."""
    vector = (await service.encoder.encode([text]))[0]
    return await service.gaps.record(
        "kommune", body, text, "nb", vector, more.pop("nearest", []), now(), **more
    )


async def _page(client: httpx.AsyncClient, path: str) -> str:
    response = await client.get(path, headers=HTML)
    assert response.status_code == 200, response.text
    return html.unescape(response.text)


async def _post(client: httpx.AsyncClient, path: str, **data: Any) -> str:
    """Where a form leads, and the page there is loaded to see what it says."""
    response = await client.post(path, data=data, headers=HTML)
    assert response.status_code == 303, html.unescape(response.text)
    return response.headers["location"]


async def _undo(client: httpx.AsyncClient, page: str) -> str:
    """Press «Angre» on a page that shows it."""
    form = re.search(r'action="([^"]+)"(.*?)Angre', page.split('id="flashes"')[1], re.S)
    assert form is not None, "there is nothing to take back"
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[2]):
        if name != "_csrf_token":
            fields.setdefault(name, []).append(value)
    return await _page(client, await _post(client, form[1], **fields))


async def test_the_list_shows_a_question_with_its_reason_in_words(
    client_of: ClientOf, service: Service
) -> None:
    text = "Kan jeg leie en trehjulssykkel med kurv foran?"
    id = await _ask(service, text)
    await _ask(service, text, "voss")
    page = await _page(client_of("curator"), LIST)
    line = page[page.index(f"{LIST}/{id}") :][:1500]
    assert text in line and "stilt 2 ganger siste uke, i 2 virksomheter" in line
    assert "Bergen kommune (1), Voss herad (1)" in line and "<svg" in line


async def test_the_same_words_are_one_line_with_how_often_and_from_where(
    client_of: ClientOf, service: Service
) -> None:
    for body in ("bergen", "voss", "bergen"):
        id = await _ask(service, "Bor huldra her om vinteren?", body)
    page = await _page(client_of("curator"), f"{LIST}/{id}")
    asked = page.split('id="gap-questions"')[1].split("</ul>")[0]
    assert asked.count("huldra") == 1
    assert "Bergen kommune (2), Voss herad (1) · bokmål · 3 ganger, sist" in " ".join(asked.split())
    own = await _page(client_of("editor"), f"{LIST}/{id}")
    asked = own.split('id="gap-questions"')[1].split("</ul>")[0]
    assert "Bergen kommune · bokmål · 2 ganger, sist" in " ".join(asked.split())


async def test_of_a_long_story_the_title_is_what_it_asks(
    client_of: ClientOf, service: Service
) -> None:
    curator, asks = client_of("curator"), "Hvem kan reparere en spilledåse fra 1890?"
    story = f"Farmor hadde en slik. {'Den spilte så fint. ' * 12}{asks} Hun er død nå."
    id = await _ask(service, story)
    page = await _page(curator, f"{LIST}/{id}")
    assert f"<h1>{asks}</h1>" in page and story in page
    id = await _ask(service, "hoppsann " * 60)
    title = re.search(r"<h1[^>]*>([^<]*)</h1>", await _page(curator, f"{LIST}/{id}"))
    assert title is not None and title[1].endswith("hoppsann …") and len(title[1]) <= 120


async def test_the_list_is_narrowed_by_text_body_and_whose_it_is(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    await _ask(service, "Hvor kan jeg få slipt skøyter?")
    other = await _ask(service, "Kven eig kyrkjeklokka?", "voss")
    assert "kyrkjeklokka" not in await _page(curator, f"{LIST}?text=skøyter")
    assert "skøyter" not in (await _page(curator, f"{LIST}?body=voss")).split("gap-list")[1]
    assert "Ingen spørsmål passer" in await _page(curator, f"{LIST}?mine=true&text=kyrkjeklokka")
    person = re.search(r'name="person" value="(\w+)"', await _page(curator, f"{LIST}/{other}"))
    assert person is not None
    await _post(curator, f"{LIST}/{other}/assign", person=person[1])
    assert "kyrkjeklokka" in await _page(curator, f"{LIST}?mine=true")


async def test_whatever_is_done_to_a_question_can_be_taken_back(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    id = await _ask(service, "Når åpner den nye skateparken i havnen?")
    url = f"{LIST}/{id}"
    page = await _page(curator, await _post(curator, f"{url}/rename", title="Skatepark"))
    assert "<h1>Skatepark</h1>" in page
    assert "<h1>Når åpner den nye" in await _undo(curator, page)

    page = await _page(curator, await _post(curator, f"{url}/snooze", until="week"))
    assert "Kommer tilbake" in page
    assert id not in (await _page(curator, LIST)).split("gap-list")[1]
    assert "Kommer tilbake" not in await _undo(curator, page)

    page = await _page(curator, await _post(curator, f"{url}/dismiss", reason="own case"))
    assert "Lagt bort: Når åpner" in page
    assert "Gjelder egen sak" in await _page(curator, url)
    assert "Åpnet igjen." in await _undo(curator, page)

    page = await _page(curator, await _post(curator, f"{url}/forward", to="body:voss"))
    assert "Sendt videre til Voss herad." in page
    await _undo(curator, page)
    assert (await service.gap_desk.get("kommune", id)).status == "open"


async def test_questions_are_merged_and_separated_and_put_back(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    one = await _ask(service, "Finnes det en badstue ved fjorden?")
    two = await _ask(service, "xyzzy plugh frobozz")
    page = await _page(curator, await _post(curator, f"{LIST}/{one}/merge", gaps=two))
    assert "xyzzy plugh frobozz" in page and "De 2 spørsmålene" in page
    gone = await curator.get(f"{LIST}/{two}")
    assert gone.status_code == 303 and gone.headers["location"].endswith(one)
    page = await _undo(curator, page)
    assert "Spørsmålet som er stilt" in page
    await _post(curator, f"{LIST}/{one}/merge", gaps=two)
    ticked = next(
        question.id
        for question in (await service.gap_desk.questions("kommune", one)).items
        if question.text.startswith("xyzzy")
    )
    page = await _page(curator, await _post(curator, f"{LIST}/{one}/split", questions=str(ticked)))
    assert ">xyzzy plugh frobozz</h1>" in page


async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_done(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    id = await _ask(service, "Har byen en offentlig gapestokk?")
    for action, data, said in (
        ("snooze", {"until": "date", "date": "2001-01-01"}, "ikke er passert"),
        ("snooze", {"until": "date", "date": "ikke en dato"}, "Velg en dato"),
        ("dismiss", {"reason": "because"}, "Velg en grunn"),
        ("forward", {"to": "body:atlantis"}, "Velg hvor det skal sendes"),
        ("answer/fact", {}, "Fyll ut minst én verdi"),
        ("answer/local", {"entry": "snorydding", "scope": "nav"}, "Velg en virksomhet"),
        ("answer/try", {"how": "phrasing", "entry": "none"}, "Velg et svar fra listen"),
        ("answer/try", {"how": "new", "title": "T"}, "svar"),
    ):
        response = await curator.post(f"{LIST}/{id}/{action}", data=data, headers=HTML)
        page = html.unescape(response.text)
        assert response.status_code == 400, action
        assert said in page.split('id="errors"')[1].split("</ul>")[0], action
    assert (await service.gap_desk.get("kommune", id)).status == "open"


async def test_a_new_answer_is_looked_over_published_and_closes_what_it_answers(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    text = "Hvordan melder jeg fra om en ødelagt gatelykt?"
    id = await _ask(service, text)
    await _ask(service, text, "voss")
    form = await _page(curator, f"{LIST}/{id}/answer")
    assert f'value="{text}"' in form and "checked" in form
    at = await _post(
        curator,
        f"{LIST}/{id}/answer/try",
        how="new",
        title="Ødelagt gatelykt",
        question=text,
        questions="gatelyset er mørkt\nlyktestolpen lyser ikke",
        answer_nb="Meld fra på **Fiks gata mi**.",
        reach="everyone",
    )
    look = await _page(curator, await _watched(curator, at))
    assert "<strong>Fiks gata mi</strong>" in look and "lyktestolpen lyser ikke" in look
    assert "gatelykt" not in "".join(service.knowledge.entries["kommune"])
    job = re.search(r'name="job" value="([^"]+)"', look)
    assert job is not None
    at = await _post(curator, f"{LIST}/{id}/answer/publish", job=job[1], reason="Prøvd")
    result = await _page(curator, await _watched(curator, at))
    assert "Spurt på nytt: alle 2 er besvart nå" in result
    closed = await _page(curator, f"{LIST}/{id}")
    assert "Besvart" in closed and "Ingen andre har spurt om det siden" in closed
    reply = await curator.post("/v1/ask", json={"body": "voss", "text": text})
    assert reply.json()["outcome"]["type"] == "answered"


async def test_an_answer_is_taken_back_where_nobody_has_changed_it_since(
    client_of: ClientOf, service: Service
) -> None:
    curator, asked = client_of("curator"), "Hvem stiller tårnuret?"
    id = await _ask(service, asked)
    url, known = f"{LIST}/{id}", set(service.knowledge.entries["kommune"])

    async def answered(**form: str) -> str:
        """The page of the result."""
        at = await _post(curator, f"{url}/answer/try", question=asked, **form)
        look = await _page(curator, await _watched(curator, at))
        job = re.search(r'name="job" value="([^"]+)"', look)
        assert job is not None, look
        at = await _post(curator, f"{url}/answer/publish", job=job[1], reason="Prøvd")
        return await _page(curator, await _watched(curator, at))

    async def undone(page: str) -> str:
        job = re.search(r'answer/undo".*?name="job" value="([^"]+)"', page, re.S)
        assert job is not None
        return await _page(curator, await _post(curator, f"{url}/answer/undo", job=job[1]))

    first = await answered(how="new", title="Tårnuret", answer_nb="Klokkeren.", reach="everyone")
    (entry,) = set(service.knowledge.entries["kommune"]) - known
    assert (await service.gap_desk.get("kommune", id)).status == "answered"
    assert "Svaret er tatt tilbake." in await undone(first)
    assert (await service.gap_desk.get("kommune", id)).status == "open"
    assert (await service.curation.entry("kommune", entry)).status == "retired"

    before = await service.curation.entry("kommune", "snorydding")
    second = await answered(how="phrasing", entry="snorydding")
    assert asked in (await service.curation.entry("kommune", "snorydding")).questions
    assert "Svaret er tatt tilbake." in await undone(second)
    after = await service.curation.entry("kommune", "snorydding")
    assert (after.questions, after.status) == (before.questions, "published")
    for page in (first, second):  # the button pressed again, in another window
        assert "Svaret kan ikke tas tilbake herfra" in await undone(page)


async def test_what_still_fails_is_shown_and_offered_as_a_phrasing(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    first = await _ask(service, "Kan kommunen klippe hekken til naboen min?")
    second = await _ask(service, "qwrtz pfgkl bvnmx zzyqk")
    await _post(curator, f"{LIST}/{first}/merge", gaps=second)
    at = await _post(
        curator,
        f"{LIST}/{first}/answer/try",
        how="new",
        title="Naboens hekk",
        question="Kan kommunen klippe hekken til naboen min?",
        questions="naboens hekk er for høy",
        answer_nb="Snakk med naboen først.",
    )
    look = await _page(curator, await _watched(curator, at))
    job = re.search(r'name="job" value="([^"]+)"', look)
    assert job is not None
    at = await _post(curator, f"{LIST}/{first}/answer/publish", job=job[1], reason="Prøvd")
    result = await _page(curator, await _watched(curator, at))
    assert "Spurt på nytt: 1 av 2 er besvart nå" in result
    assert "qwrtz pfgkl" in result and "Legg til som formuleringer" in result
    assert "fortsatt ubesvart" in await _page(curator, f"{LIST}/{first}")


async def test_a_missing_fact_is_filled_in_for_the_bodies_that_lack_it(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    entry = Entry(
        id="bading",
        title="Badetider",
        questions=["Når kan jeg bade i Nordnes sjøbad?", "badetider sjøbadet", "åpent sjøbad"],
        answers={"nb": "Sjøbadet er åpent {{ facts.badetid }}."},
    )
    await service.curation.save_entry("kommune", entry, "test")
    nearest = [Nearest("bading", "Badetider", 0.9)]
    text = "Når kan jeg bade i Nordnes sjøbad?"
    id = await _ask(service, text, reason="missing fact", nearest=nearest)
    form = await _page(curator, f"{LIST}/{id}/answer?how=fact")
    assert 'name="fact:bergen:badetid"' in form and 'name="fact:voss:badetid"' in form
    at = await _post(curator, f"{LIST}/{id}/answer/fact", **{"fact:bergen:badetid": "7–19"})
    assert "besvart" in await _page(curator, await _watched(curator, at))
    assert service.knowledge.facts["bergen"]["badetid"].value == "7–19"


async def test_an_editor_sees_the_own_bodys_questions_and_nothing_of_anothers(
    client_of: ClientOf, service: Service
) -> None:
    editor = client_of("editor")
    text = "Kan jeg fiske krabber fra brygga på kvelden?"
    id = await _ask(service, text)
    assert await _ask(service, f"{text} Hilsen Voss", "voss") == id
    alone = await _ask(service, "Kor finn eg trollsteinen i Raundalen?", "voss")
    page = await _page(editor, f"{LIST}/{id}")
    assert text in page and "Voss" not in page and "1 gang" in page
    assert "/merge" not in page and "/dismiss" not in page and "Hva som er gjort" not in page
    assert "trollsteinen" not in await _page(editor, LIST)
    assert (await editor.get(f"{LIST}/{alone}", headers=HTML)).status_code == 404
    for action in ("assign", "snooze", "merge", "dismiss", "reopen", "answer/try", "ask-again"):
        refused = await editor.post(f"{LIST}/{id}/{action}", data={}, headers=HTML)
        assert refused.status_code == 403, action
    assert (await service.gap_desk.get("kommune", id)).status == "open"


async def test_a_reader_reads_and_is_offered_nothing_to_press(
    client_of: ClientOf, service: Service
) -> None:
    id = await _ask(service, "Er det lov å telte på Ulriken?")
    page = await _page(client_of("reader"), f"{LIST}/{id}")
    assert "telte på Ulriken" in page and f"{LIST}/{id}/answer" not in page
    assert (await client_of("reader").get(f"{LIST}/{id}/answer", headers=HTML)).status_code == 403


async def test_the_overview_counts_and_an_editors_is_of_one_body(
    client_of: ClientOf, service: Service
) -> None:
    await _ask(service, "Kven måler vasstanden i Vangsvatnet?", "voss")
    whole = await _page(client_of("curator"), "/console/brains/kommune")
    own = await _page(client_of("editor"), "/console/brains/kommune")
    assert '<svg class="chart"' in whole and "Tallene som tabell" in whole
    assert "Det som gjelder Bergen kommune" in own
    assert "Voss" not in own and "Vangsvatnet" not in own


async def _watched(client: httpx.AsyncClient, at: str) -> str:
    """Where work leads once it is done: at once, or by way of its page of progress."""
    while at.startswith("/console/jobs/"):
        state = (await client.get(f"{at}/state")).json()
        assert state["state"] != "failed", state
        at = state["then"] or at
    return at


def _seen(page: str) -> str:
    """The last event that a gap's page shows."""
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found[1]


async def test_what_another_did_meanwhile_is_shown_and_not_overwritten(
    client_of: ClientOf, service: Service
) -> None:
    curator, admin = client_of("curator"), client_of("admin")
    id = await _ask(service, "Hvem eier bauta-steinen ved kaien?")
    url = f"{LIST}/{id}"
    stale = _seen(await _page(curator, url))
    await _post(admin, f"{url}/dismiss", reason="own case", seen=_seen(await _page(admin, url)))
    for action, data in (
        ("rename", {"title": "Bautaen"}),
        ("forward", {"to": "body:voss"}),
        ("snooze", {"until": "week"}),
        ("answer/local", {"entry": "snorydding", "scope": "voss", "answer_nb": "Nei."}),
    ):
        response = await curator.post(f"{url}/{action}", data=data | {"seen": stale}, headers=HTML)
        said = html.unescape(response.text)
        assert response.status_code in (400, 409), action
        assert "gjorde Admin dette: Lagt bort: Gjelder egen sak" in said, action
    gap = await service.gap_desk.get("kommune", id)
    assert (gap.status, gap.title) == ("dismissed", None)
    assert not await service.local_answers.list("kommune", ["voss"], "snorydding")
    await _post(curator, f"{url}/rename", title="Bautaen", seen=_seen(said))
    assert (await service.gap_desk.get("kommune", id)).title == "Bautaen"


async def test_the_same_is_done_to_several_and_taken_back(
    client_of: ClientOf, service: Service
) -> None:
    curator, several = client_of("curator"), "/console/brains/kommune/several-gaps"
    texts = ("Kan jeg låne en stillas?", "xyzzy grault garply", "plugh waldo fred")
    ids = [await _ask(service, text) for text in texts]
    assert len(set(ids)) == 3 and f'value="{ids[0]}"' in await _page(
        curator, f"{LIST}?order=newest"
    )

    async def statuses() -> set[str]:
        return {(await service.gap_desk.get("kommune", id)).status for id in ids}

    back = f"{LIST}?order=newest"
    at = await _post(curator, f"{several}/dismiss", gaps=ids, reason="abuse", back=back)
    page = await _page(curator, at)
    assert at == back and "3 spørsmål er lagt bort." in page and await statuses() == {"dismissed"}
    await _undo(curator, page)
    assert await statuses() == {"open"}

    page = await _page(curator, await _post(curator, f"{several}/snooze", gaps=ids, until="week"))
    assert "3 spørsmål er utsatt til" in page and await statuses() == {"snoozed"}
    await _undo(curator, page)
    assert await statuses() == {"open"}

    person = re.search(r'name="person" value="(\w+)"', await _page(curator, f"{LIST}/{ids[0]}"))
    assert person is not None
    await _post(curator, f"{LIST}/{ids[0]}/assign", person=person[1])
    page = await _page(curator, await _post(curator, f"{several}/assign", gaps=ids, person=""))
    await _undo(curator, page)
    assignees = [(await service.gap_desk.get("kommune", id)).assignee for id in ids]
    assert assignees == [person[1], None, None]

    page = await _page(curator, await _post(curator, f"{several}/merge", gaps=ids))
    assert "Slått sammen med 2 spørsmål til." in page
    await _undo(curator, page)
    assert await statuses() == {"open"}


async def test_several_are_sent_on_together_and_taken_back(
    client_of: ClientOf, service: Service
) -> None:
    curator, several = client_of("curator"), "/console/brains/kommune/several-gaps"
    texts = ("xyzzy quux corge", "zork gnusto rezrov", "frotz blorb nitfol")
    ids = [await _ask(service, text) for text in texts]
    await _post(curator, f"{LIST}/{ids[2]}/dismiss", reason="other")

    async def statuses() -> list[str]:
        return [(await service.gap_desk.get("kommune", id)).status for id in ids]

    at = await _post(curator, f"{several}/forward", gaps=ids, to="brain:nav")
    page = await _page(curator, at)
    assert "2 spørsmål er sendt videre til" in page
    assert await statuses() == ["forwarded", "forwarded", "dismissed"]
    there = await service.gap_desk.list("nav", text="gnusto")
    assert [gap.summary for gap in there.items] == [texts[1]]
    told = await service.gap_desk.events("nav", there.items[0].id)
    assert ("forwarded", ids[1]) in [(one.kind, one.detail.get("gap")) for one in told]
    await _undo(curator, page)
    assert await statuses() == ["open", "open", "dismissed"]

    at = await _post(curator, f"{several}/forward", gaps=ids[:2], to="body:voss", back=LIST)
    page = await _page(curator, at)
    assert "2 spørsmål er sendt videre til Voss herad." in page
    gap = await service.gap_desk.get("kommune", ids[0])
    assert (gap.status, gap.forwarded_to) == ("forwarded", "body:voss")
    await _undo(curator, page)
    assert await statuses() == ["open", "open", "dismissed"]


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("dismiss", {"reason": "abuse"}, "Velg minst ett spørsmål først."),
        ("merge", {}, "Velg minst to spørsmål"),
        ("dismiss", {"reason": "because"}, "Velg en grunn."),
        ("snooze", {"until": "date", "date": "2001-01-01"}, "ikke er passert"),
        ("assign", {"person": "nobody-we-know"}, "Velg en som kan ta det."),
        ("forward", {"to": ""}, "Velg hvor det skal sendes."),
        ("forward", {"to": "brain:kommune"}, "Velg hvor det skal sendes."),
        ("forward", {"to": "body:atlantis"}, "Velg hvor det skal sendes."),
    ],
)
async def test_what_cannot_be_done_to_several_is_said_on_the_list(
    client_of: ClientOf, action: str, data: dict[str, str], said: str
) -> None:
    curator = client_of("curator")
    at = await _post(curator, f"/console/brains/kommune/several-gaps/{action}", **data)
    assert at == LIST and said in await _page(curator, at)


async def test_pressing_twice_publishes_once_also_where_the_gap_was_merged_meanwhile(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    written, other = "Hvor kan jeg kjøpe fiskekort til elva?", "frobozz magic company"
    id, target = await _ask(service, written), await _ask(service, other)
    form = {"how": "new", "title": "Fiskekort", "answer_nb": "I turistkontoret."}
    at = await _post(
        curator, f"{LIST}/{id}/answer/try", **form, question=written, questions="fiske i elva"
    )
    look = await _page(curator, await _watched(curator, at))
    job = re.search(r'name="job" value="([^"]+)"', look)
    assert job is not None
    await _post(curator, f"{LIST}/{target}/merge", gaps=id)
    for _ in range(2):
        at = await _post(curator, f"{LIST}/{id}/answer/publish", job=job[1], reason="Prøvd")
        result = await _page(curator, await _watched(curator, at))
        assert f"{LIST}/{target}" in at or "/jobs/" in at
        assert "1 av 2 er besvart nå" in result and other in result
    made = [
        one for one in service.knowledge.entries["kommune"].values() if one.title == "Fiskekort"
    ]
    assert len(made) == 1


async def test_what_followed_a_question_that_was_laid_aside_is_seen_and_can_be_separated(
    client_of: ClientOf, service: Service
) -> None:
    curator, text = client_of("curator"), "Kan dere slette bildet av meg på nettsiden?"
    id = await _ask(service, text)
    await _post(curator, f"{LIST}/{id}/dismiss", reason="own case")
    assert await _ask(service, f"{text} da", "voss") == id
    assert "1 er kommet siden" in await _page(curator, f"{LIST}?status=dismissed")
    page = await _page(curator, f"{LIST}/{id}")
    assert "1 spørsmål er kommet siden, og gikk samme vei" in page
    questions = (await service.gap_desk.questions("kommune", id)).items
    newest = max(one.id for one in questions)
    at = await _post(curator, f"{LIST}/{id}/split", questions=str(newest), seen=_seen(page))
    new = await service.gap_desk.get("kommune", at.rpartition("/")[2])
    assert (new.status, new.count) == ("open", 1)
    assert (await service.gap_desk.get("kommune", id)).status == "dismissed"
