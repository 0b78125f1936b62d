"""The pages for people, keys and the log; what the log takes down by itself."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import httpx
import pytest

from brains import audit, people
from brains.people import Person
from router.demo.people import first_people, people_of
from router.service import Service
from tests.console.conftest import ClientOf
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW = {
    "email": "per@example.org",
    "name": "Per Persen",
    "role": "reader",
    "scope": "brain:kommune",
    "language": "nb",
}
HTML = {"accept": "text/html"}


async def lines(service: Service, **wanted: Any) -> list[audit.Line]:
    """Lines of the log, newest first."""
    async with service.db.read() as tx:
        return (await audit.listing(tx, audit.Filter(**wanted))).items


async def person(service: Service, email: str) -> Person:
    async with service.db.read() as tx:
        found = await people.by_email(tx, email)
    assert found is not None
    return found


async def test_a_person_is_added_changed_and_shut_out(
    client_of: ClientOf, service: Service
) -> None:
    admin = client_of("admin")
    shown = await admin.post("/console/people/new", data=NEW)
    assert shown.status_code < 300 and "/console/set-password/" in shown.text
    per = await person(service, NEW["email"])
    assert (per.role, per.scope, per.has_password) == ("reader", "brain:kommune", False)
    listed = (await admin.get("/console/people")).text
    assert "Per Persen" in listed and "Invitert" in listed

    path = f"/console/people/{per.id}"
    changed = await admin.post(path, data={**NEW, "role": "editor", "scope": "body:voss"})
    assert changed.status_code == 303
    assert (await person(service, NEW["email"])).scope == "body:voss"
    undo = (await admin.get("/console/people")).text
    assert f'action="{path}"' in undo and 'value="brain:kommune"' in undo

    await admin.post(f"{path}/disable")
    assert (await person(service, NEW["email"])).disabled is not None
    after = (await admin.get("/console/people")).text
    assert f'action="{path}/enable"' in after and "Angre" in after
    found = [
        line.action for line in await lines(service, action="people.") if per.id in line.object
    ]
    assert found == ["people.disable", "people.save", "people.add"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "per", "ingen e-postadresse"),
        ("name", " ", "Skriv et navn"),
        ("scope", "body:atlantis", "Dette stedet finnes ikke"),
        ("role", "admin", "En administrator har tilgang til alt"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(
    client_of: ClientOf, field: str, value: str, said: str
) -> None:
    response = await client_of("admin").post(
        "/console/people/new", data={**NEW, "email": "ny2@example.org", field: value}
    )
    assert response.status_code == 400 and said in response.text
    assert "ny2@example.org" in response.text or field == "email"


async def test_a_key_is_shown_once_and_revoked(client_of: ClientOf, base_url: str) -> None:
    admin = client_of("admin")
    data = {"name": "Intranettet", "role": "reader", "scope": "brain:kommune"}
    secret = re.search(r"smsv_[\w-]+", (await admin.post("/console/keys", data=data)).text)
    assert secret is not None
    headers = {"authorization": f"Bearer {secret[0]}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=PATIENCE_S) as program:
        assert (await program.get("/v1/brains/kommune/entries")).status_code == 200
        listed = (await admin.get("/console/keys")).text
        assert secret[0] not in listed
        revoke = re.search(r'action="(/console/keys/key_\w+/revoke)"', listed)
        assert revoke is not None
        await admin.post(revoke[1])


async def test_a_key_may_be_for_one_protocol(client_of: ClientOf, base_url: str) -> None:
    admin = client_of("admin")
    data = {"name": "Bare én protokoll", "role": "partner", "adapter": "widget"}
    secret = re.search(r"smsv_[\w-]+", (await admin.post("/console/keys", data=data)).text)
    assert secret is not None
    headers = {"authorization": f"Bearer {secret[0]}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=PATIENCE_S) as program:
        assert (await program.get("/v1/bodies")).status_code == 403
    row = (await admin.get("/console/keys")).text.partition("Bare én protokoll")[2]
    assert ">widget</td>" in row.partition("</tr>")[0]
    assert "widget" in (await admin.get("/console/audit")).text
    wrong = await admin.post("/console/keys", data=data | {"adapter": "fax"})
    assert wrong.status_code == 400 and "Velg en protokoll som finnes." in wrong.text


async def test_one_changes_oneself_but_not_ones_role(
    client_of: ClientOf, service: Service, persons: dict[str, Person]
) -> None:
    reader = client_of("reader")
    data = {"name": "Lese Lesen", "language": "en", "role": "admin", "scope": "*"}
    assert (await reader.post("/console/account", data=data)).status_code == 303
    async with service.db.read() as tx:
        after = await people.get(tx, persons["reader"].id)
    assert (after.name, after.language) == ("Lese Lesen", "en")
    assert (after.role, after.scope) == ("reader", "brain:kommune")


@pytest.mark.parametrize("kind", ["curator", "editor", "reader", "agent"])
async def test_people_and_keys_are_for_administrators(client_of: ClientOf, kind: str) -> None:
    for path in ("/console/people", "/console/people/new", "/console/keys"):
        response = await client_of(kind).get(path, headers=HTML)
        assert response.status_code == 403
        assert 'href="/console/people"' not in response.text, "not shown what one may not open"
    assert (await client_of(kind).post("/console/people/new", data=NEW)).status_code == 403


# The log


async def test_a_change_by_the_api_and_in_the_console_is_a_line(
    client_of: ClientOf, service: Service, base_url: str, keys: dict[str, dict[str, str]]
) -> None:
    before = len(await lines(service, who="bergen editor"))
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["bergen editor"], timeout=PATIENCE_S
    ) as program:
        secret = "verdien som ikke skal i loggen"
        path = "/v1/bodies/bergen/facts"
        response = await program.put(path, json={"facts": {"sfo_price": secret}})
        assert response.status_code == 200
        assert (await program.put("/v1/bodies/voss/facts", json={"facts": {}})).status_code == 403
        assert (await program.get(path)).status_code == 200
        asked = {"body": "bergen", "text": "Når brøyter dere veien?"}
        assert (await program.post("/v1/ask", json=asked)).status_code == 200
    found = await lines(service, who="bergen editor")
    assert [(line.action, line.brain, line.body) for line in found[: len(found) - before]] == [
        ("facts.save", "kommune", "bergen")
    ]
    assert secret not in str(found)


async def test_what_is_refused_or_wrong_is_no_line(client_of: ClientOf, service: Service) -> None:
    before = len(await lines(service))
    await client_of("editor").post("/console/people/new", data=NEW)
    await client_of("admin").post("/console/people/new", data={**NEW, "email": "x"})
    await client_of("admin").get("/console/people")
    assert len(await lines(service)) == before


async def test_each_reads_in_the_log_what_concerns_them(
    client_of: ClientOf, service: Service, base_url: str, keys: dict[str, dict[str, str]]
) -> None:
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["admin"], timeout=PATIENCE_S
    ) as program:
        for body in ("bergen", "voss", "nav"):
            await program.put(f"/v1/bodies/{body}/facts", json={"facts": {"a": body}})
    await client_of("admin").post("/console/keys", data={"name": "Loggens", "role": "reader"})

    async def places(kind: str) -> set[str]:
        table = await client_of(kind).get("/console/audit/export")
        rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
        return {row["body"] or row["action"] for row in rows}

    assert {"bergen", "voss", "nav", "keys.create"} <= await places("admin")
    assert {"bergen", "voss"} <= await places("curator")
    assert not {"nav", "keys.create"} & await places("curator")
    assert await places("editor") == {"bergen"}
    assert await places("voss editor") == {"voss"}
    assert (await client_of("reader").get("/console/audit")).status_code == 403
    page = (await client_of("voss editor").get("/console/audit?body=bergen")).text
    assert "Ingenting passer" in page


async def test_the_log_is_filtered_and_comes_in_pages(
    client_of: ClientOf, service: Service
) -> None:
    async with service.db.write() as tx:
        for number in range(130):
            at = service.pipeline.clock()
            line = audit.Line(at=at, by="Blaert", action="entries.save", object=f"nr-{number}")
            await audit.append(tx, line)
    admin = client_of("admin")
    first = (await admin.get("/console/audit?who=blaert")).text
    assert "nr-129" in first and "nr-29<" not in first
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    assert "nr-29<" in (await admin.get(onward[1].replace("&amp;", "&"))).text
    assert "nr-129" not in (await admin.get("/console/audit?who=blaert&since=2100-01-01")).text
    assert (await admin.get("/console/audit?since=yesterday")).status_code == 400


async def test_a_spreadsheet_is_not_given_formulas(client_of: ClientOf, service: Service) -> None:
    async with service.db.write() as tx:
        at = service.pipeline.clock()
        await audit.append(tx, audit.Line(at=at, by="=cmd()", action="entries.save"))
    table = (await client_of("admin").get("/console/audit/export?who=cmd")).text
    assert "'=cmd()" in table


# The demo


async def test_the_demo_gets_people_once(service: Service, persons: dict[str, Person]) -> None:
    assert await first_people(service.db) is None, "there are people already"
    assert {role for _, _, role, _ in people_of("")} == {"admin", "curator", "editor"}
