"""Imports in the console: uploaded or pasted, looked at, chosen, done, undone, or refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from brains import store
from brains.errors import Invalid, Problem
from brains.formats import File
from router.console import problems
from router.console.import_views import imports_url
from router.service import Service
from tests.brains.importing import example, read, workbook
from tests.brains.test_formats_bad import ALL
from tests.console.conftest import ClientOf
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = imports_url("kommune")
NEW = "id;spørsmål;svar\nprøve-{n};Hva er prøve {n} om import?;Dette er prøve {n}.\n"


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def clean(service: Service) -> AsyncIterator[None]:
    """Every test leaves the brain as it found it."""
    before = {entry.id for entry in await all_entries(service)}
    yield
    for entry in await all_entries(service):
        if entry.id not in before:
            await store.retire_entry(service.db, "kommune", entry.id, "test")
    await service.knowledge.catch_up()


async def all_entries(service: Service) -> list[store.Entry]:
    """Every entry of the brain."""
    page = await service.curation.entries("kommune", limit=500)
    return page.items


def table(*numbers: int) -> File:
    """A spreadsheet of entries that nobody else has."""
    head, row, _ = NEW.partition("\n")[0], NEW.partition("\n")[2], ""
    return File("svar.csv", f"{head}\n{''.join(row.format(n=n) for n in numbers)}".encode())


async def upload(client: httpx.AsyncClient, *files: File, pasted: str = "") -> httpx.Response:
    """What comes back after files have been sent."""
    sent = [("files", (file.name, file.data)) for file in files]
    return await client.post(URL, data={"language": "nb", "pasted": pasted}, files=sent or None)


async def finished(client: httpx.AsyncClient, response: httpx.Response) -> str:
    """The address that a job leads to, once it is done."""
    assert response.status_code == 303, response.text
    job = response.headers["location"]
    state = await ended(client, job)
    assert state["state"] == "done", (await client.get(job)).text
    return state["then"]


async def ended(client: httpx.AsyncClient, job: str) -> dict[str, str]:
    """How a job has ended."""
    state: dict[str, str] = {}

    async def it_has() -> bool:
        state.update((await client.get(f"{job}/state")).json())
        return state["state"] != "running"

    await until(it_has)
    return state


async def preview(client: httpx.AsyncClient, *files: File) -> tuple[str, str]:
    """The address of an uploaded import, and its page."""
    address = await finished(client, await upload(client, *files))
    return address, (await client.get(address)).text


async def test_a_file_becomes_answers_after_a_look_and_can_be_taken_back(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    address, page = await preview(curator, table(1, 2))
    assert "Se over før du importerer" in page and "svar.csv, linje 2" in page
    assert "Hva er prøve 1 om import?" in page
    assert "prøve-1" not in service.knowledge.entries["kommune"]

    confirmed = await curator.post(
        f"{address}/confirm",
        data={"choice-0": "import", "choice-1": "skip", "tab": "new", "publish": "true"},
    )
    assert await finished(curator, confirmed) == address
    done = (await curator.get(address)).text
    assert "Importen er ferdig" in done and '/entries/prøve-1">Hva er prøve 1' in done
    assert "prøve-1" in service.knowledge.entries["kommune"]
    assert "prøve-2" not in service.knowledge.entries["kommune"]

    undone = await curator.post(f"{address}/undo")
    assert undone.status_code == 303
    assert "Importen er angret" in (await curator.get(address)).text
    assert "prøve-1" not in service.knowledge.entries["kommune"]
    listed = (await curator.get(URL)).text
    assert "svar.csv" in listed and "angret" in listed


async def test_a_pasted_page_is_read(client_of: ClientOf) -> None:
    curator = client_of("curator")
    page = example("faq.html").data.decode()
    address = await finished(curator, await upload(curator, pasted=page))
    shown = (await curator.get(f"{address}?tab=all")).text
    assert "limt inn, spørsmål 1" in shown
    assert "Spørsmål uten tekst eller svar, som ikke er tatt med: 1." in shown


async def test_what_is_alike_is_under_a_tab_of_its_own(client_of: ClientOf) -> None:
    curator = client_of("curator")
    row = "Når brøyter dere veien;Vi brøyter når det har snødd."
    again = File("s.csv", f"spørsmål;svar\n{row}\n".encode())
    address, page = await preview(curator, again, table(3))
    assert re.search(r'tab=alike" aria-current="page">Kanskje dobbelt <span class="count">', page)
    assert "Dere har allerede et svar med samme formulering" in page
    assert '<option value="merge:snorydding" selected>' in page
    for tab in ("new", "changed", "unchanged", "all"):
        assert (await curator.get(f"{address}?tab={tab}")).status_code == 200
    kept = await curator.post(f"{address}/choices", data={"choice-0": "import", "tab": "alike"})
    assert kept.headers["location"].endswith("?tab=alike&page=1")
    assert '<option value="import" selected>' in (await curator.get(address)).text
    await curator.post(f"{address}/choices", data={"everything": "skip", "tab": "all"})
    nothing = await curator.post(f"{address}/confirm", data={"publish": "true"})
    assert nothing.headers["location"].startswith(address)
    assert (await curator.post(f"{address}/discard")).status_code == 303
    assert (await curator.get(address, headers={"accept": "text/html"})).status_code == 404


async def test_what_changes_is_shown_word_by_word(client_of: ClientOf) -> None:
    curator = client_of("curator")
    changed = File("s.csv", "id;question;answer\nsnorydding;brøyting;Vi brøyter straks.\n".encode())
    _, page = await preview(curator, changed)
    assert "Endre svaret som finnes" in page
    assert "<ins>" in page and "straks." in page


async def test_a_file_that_is_wrong_is_a_table_of_places(client_of: ClientOf) -> None:
    curator = client_of("curator")
    wrong = File("s.csv", "spørsmål;svar;hvem\na;;b\n".encode())
    response = await upload(curator, wrong)
    assert response.status_code == 400
    assert "Ingenting er importert" in response.text
    assert (
        "<code>hvem</code>" in response.text and "Vi kjenner ikke denne kolonnen" in response.text
    )
    sheet = workbook({"Ark": [["spørsmål", "svar"], [None, "ja"]]}, "a.xlsx")
    response = await upload(curator, sheet)
    assert "ark Ark, rad 2" in response.text and "Spørsmålet mangler." in response.text


async def test_nothing_sent_is_said_beside_the_form(client_of: ClientOf) -> None:
    response = await upload(client_of("curator"))
    assert response.status_code == 400
    assert "Velg en fil, eller lim inn noe." in response.text


async def test_a_file_that_is_too_large_is_refused(client_of: ClientOf, service: Service) -> None:
    large = File("s.csv", b"x" * (service.settings.import_bytes_max + 1))
    assert (await upload(client_of("curator"), large)).status_code == 413


async def test_an_editor_drafts_for_the_own_body_and_sees_no_other_imports(
    client_of: ClientOf, service: Service
) -> None:
    editor, curator, voss = client_of("editor"), client_of("curator"), client_of("voss editor")
    theirs, _ = await preview(curator, table(4))
    address, page = await preview(editor, table(5))
    assert "publiseres av en redaktør" in page
    assert theirs not in (await editor.get(URL)).text
    for client, hidden in ((editor, theirs), (voss, address)):
        for method, path in (
            ("GET", ""),
            ("POST", "/confirm"),
            ("POST", "/discard"),
            ("POST", "/undo"),
            ("POST", "/choices"),
        ):
            assert (await client.request(method, f"{hidden}{path}")).status_code == 404
    sent = {"choice-0": "import", "publish": "true"}
    await finished(editor, await editor.post(f"{address}/confirm", data=sent))
    entry = await service.curation.entry("kommune", "prøve-5")
    assert (entry.status, entry.owner, entry.audience) == ("draft", "bergen", ["bergen"])


@pytest.mark.parametrize("role", ["reader", "agent", "nav curator"])
async def test_who_may_not_draft_there_does_not_import(client_of: ClientOf, role: str) -> None:
    client = client_of(role)
    assert (await client.get(URL)).status_code == 403
    assert (await upload(client, table(6))).status_code == 403


async def test_the_pages_speak_english_too(client_of: ClientOf) -> None:
    curator = client_of("curator")
    page = await curator.get(URL, cookies={"samsvar_language": "en"})
    assert "Bring in what you already have" in page.text


def refusals() -> list[Problem]:
    """Everything that any kind of bad input is refused with."""
    found: list[Problem] = []
    for cases in ALL.values():
        for files, _ in cases.values():
            try:
                read(*files)
            except Invalid as error:
                found += error.problems
    return found


def test_every_refusal_is_said_in_norwegian_to_its_end() -> None:
    told = {problem.text: problems.worded(problem.text, "nb") for problem in refusals()}
    assert {text for text, said in told.items() if text == said} == set()
    english = re.compile(r"\b(the|there|this|should|missing|expected|line|and|or|not)\b")
    assert {said for said in told.values() if english.search(said)} == set()


async def test_why_work_stopped_is_said_in_norwegian_and_the_way_back_is_there(
    client_of: ClientOf, service: Service
) -> None:
    curator = client_of("curator")
    address, _ = await preview(curator, table(7))
    other = store.Entry(id="prøve-7", questions=["Hva er det?"], answers={"nb": "Noe."})
    await service.curation.save_entry("kommune", other, "Per")
    confirmed = await curator.post(f"{address}/confirm", data={"choice-0": "import"})
    job = confirmed.headers["location"]
    await ended(curator, job)
    page = (await curator.get(job)).text
    assert "Noen har laget et svar som heter «prøve-7»" in page
    assert f'href="{address}"' in page
