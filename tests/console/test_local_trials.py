"""A body's own text in the console: looked at before it is given, and given once."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from router.messages import Message, Unanswered
from router.service import Service
from tests.console.conftest import ClientOf
from tests.console.tried import Fields, given, led_to, looked
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESS = "/console/brains/kommune/local-answers/voss/snorydding"
OWN = {"text_nb": "Voss brøyter når det har snødd."}


async def start(client: httpx.AsyncClient, texts: Fields) -> tuple[httpx.Response, Fields]:
    """The page of what a text would change, and the form that gives it."""
    page = await looked(client, (await client.post(ADDRESS, data=texts)).headers["location"])
    (job,) = re.findall(r'name="job" value="([^"]*)"', page.text)
    return page, {"job": job}


def texts_of(service: Service) -> dict[str, str]:
    local = service.knowledge.local_answers.get(("kommune", "snorydding"), {}).get("voss")
    return dict(local.answers) if local else {}


async def test_what_does_harm_needs_a_reason(client_of: ClientOf, service: Service) -> None:
    curator = client_of("curator")
    page, form = await start(curator, {"text_nb": "Voss: {{ facts.ukjent_pris }}"})
    assert "Besøkende mister noe" in page.text and "Voss herad" in page.text
    refused = await curator.post(f"{ADDRESS}/publish", data=form)
    assert refused.status_code == 400 and "Skriv hvorfor." in refused.text
    assert texts_of(service) == {}
    stranger = await client_of("admin").post(f"{ADDRESS}/publish", data=form | {"reason": "x"})
    assert stranger.headers["location"] == ADDRESS and texts_of(service) == {}


async def test_pressing_twice_gives_it_once(client_of: ClientOf, service: Service) -> None:
    curator = client_of("curator")
    _, form = await start(curator, OWN)
    first = await curator.post(f"{ADDRESS}/publish", data=form | {"reason": "x"})
    assert texts_of(service) == {"nb": OWN["text_nb"]}
    kept = service.knowledge.local_answers["kommune", "snorydding"]["voss"]
    again = await curator.post(f"{ADDRESS}/publish", data=form | {"reason": "x"})
    assert again.headers["location"] == first.headers["location"]
    assert service.knowledge.local_answers["kommune", "snorydding"]["voss"] == kept
    await given(curator, ADDRESS, {}, "/remove")
    assert texts_of(service) == {}


async def test_what_somebody_wrote_meanwhile_is_shown_and_not_overwritten(
    client_of: ClientOf, service: Service
) -> None:
    curator, admin = client_of("curator"), client_of("admin")
    _, form = await start(curator, OWN)
    await given(admin, ADDRESS, {"text_nb": "En annen skrev dette."})
    late = await curator.post(f"{ADDRESS}/publish", data=form | {"reason": "x"})
    assert late.status_code == 409
    assert "En annen skrev dette." in late.text and OWN["text_nb"] in late.text
    assert texts_of(service) == {"nb": "En annen skrev dette."}
    undo = {"text_nb": "Gammelt", "seen": "noe-annet"}
    assert (await curator.post(f"{ADDRESS}/undo", data=undo)).status_code == 409
    await given(admin, ADDRESS, {}, "/remove")


async def test_an_unanswered_question_is_answered_by_an_own_text_that_was_looked_at(
    client_of: ClientOf, service: Service
) -> None:
    reply = await service.ask(Message(body="voss", text="Xyzzy own text plugh?"))
    assert isinstance(reply.outcome, Unanswered)
    gap, curator = reply.outcome.gap, client_of("curator")
    url = f"/console/brains/kommune/gaps/{gap}"
    form = await curator.get(f"{url}/answer?how=local&entry=snorydding")
    seen = re.search(r'name="seen" value="(\d+)"', form.text)
    data = {"entry": "snorydding", "scope": "voss", "answer_nb": OWN["text_nb"]}
    data |= {"seen": seen[1]} if seen else {}
    started = await curator.post(f"{url}/answer/local", data=data)
    address = await led_to(curator, started.headers["location"])
    assert address.startswith(f"{ADDRESS}/publish?job=") and texts_of(service) == {}
    shown = await curator.get(address)
    (job,) = re.findall(r'name="job" value="([^"]*)"', shown.text)
    sent = {"job": html.unescape(job), "reason": "x"}
    done = await curator.post(f"{ADDRESS}/publish", data=sent)
    assert (await led_to(curator, done.headers["location"])).startswith(f"{url}/result")
    await until(lambda: texts_of(service) == {"nb": OWN["text_nb"]})
    await given(curator, ADDRESS, {}, "/remove")
