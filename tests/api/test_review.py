"""Publishing takes two: what waits for review is approved by somebody who did not write it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from router.curation.review import Review
from router.security.access import Access
from router.service import Service
from tests.api.conftest import is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
ENTRIES = "/v1/brains/kommune/entries"
NEW = {"questions": ["Hvor leverer jeg glass og metall?"], "answers": {"nb": "På miljøstasjonen."}}
WAITING = {**NEW, "status": "in_review"}


class Desk:
    """One entry, and requests about it by any key."""

    def __init__(self, client: httpx.AsyncClient, keys: Keys, id: str) -> None:
        self.client, self.keys, self.path = client, keys, f"{ENTRIES}/{id}"

    async def put(self, by: str, entry: dict[str, Any]) -> httpx.Response:
        """Save it."""
        return await self.client.put(self.path, json=entry, headers=self.keys[by])

    async def post(self, by: str, what: str, json: Any = None) -> httpx.Response:
        """Do something to it."""
        url, headers = f"{self.path}/{what}", self.keys[by]
        return await self.client.post(url, json=json, headers=headers)

    async def notes(self) -> list[tuple[str, str, str]]:
        """What was said about it: kind, who, text; newest first."""
        found = await self.client.get(f"{self.path}/notes", headers=self.keys["reader"])
        return [(note["kind"], note["by"], note["text"]) for note in found.json()["items"]]


@pytest.fixture
def desk(client: httpx.AsyncClient, keys: Keys, request: pytest.FixtureRequest) -> Desk:
    """An entry of the test's own."""
    return Desk(client, keys, request.node.name.replace("_", "-")[:100])


async def test_an_editor_hands_in_and_a_curator_publishes(desk: Desk) -> None:
    assert (await desk.put("editor", NEW)).json()["status"] == "draft"
    is_problem(await desk.post("editor", "publish"), 403)
    handed_in = await desk.post("editor", "submit", {"text": "Ny adresse."})
    assert handed_in.json()["status"] == "in_review"
    approved = await desk.post("curator", "publish")
    assert approved.json()["status"] == "published"
    assert await desk.notes() == [
        ("approved", "curator", ""),
        ("submitted", "editor", "Ny adresse."),
    ]


async def test_nobody_approves_their_own_work(desk: Desk) -> None:
    await desk.put("curator", WAITING)
    for refused in (
        await desk.post("curator", "publish"),
        await desk.put("curator", {**NEW, "status": "published"}),
        await desk.put("curator", {**NEW, "title": "Glass", "status": "published"}),
    ):
        assert "your own work" in str(is_problem(refused, 403)["detail"])
    assert (await desk.post("admin", "publish")).status_code == 200


async def test_handing_in_somebody_elses_text_makes_neither_its_approver(desk: Desk) -> None:
    await desk.put("curator", NEW)
    await desk.post("editor", "submit", {})
    is_problem(await desk.post("curator", "publish"), 403)
    assert (await desk.post("admin", "publish")).status_code == 200


async def test_a_curator_may_publish_a_draft_of_their_own(desk: Desk) -> None:
    await desk.put("curator", WAITING)
    assert (await desk.put("curator", NEW)).json()["status"] == "draft"
    assert (await desk.post("curator", "publish")).json()["status"] == "published"


async def test_what_is_returned_says_what_to_change(desk: Desk) -> None:
    await desk.put("editor", WAITING)
    is_problem(await desk.post("editor", "return", {"text": "Nei."}), 403)
    is_problem(await desk.post("curator", "return", {"text": " "}), 400)
    back = await desk.post("curator", "return", {"text": "Ta med åpningstidene."})
    assert back.json()["status"] == "draft"
    is_problem(await desk.post("curator", "return", {"text": "Igjen."}), 409)
    assert (await desk.notes())[0] == ("returned", "curator", "Ta med åpningstidene.")
    await desk.post("editor", "submit", {})
    assert (await desk.post("curator", "publish")).status_code == 200


async def test_a_bodys_own_entry_is_reviewed_by_its_brain(desk: Desk) -> None:
    own = {**WAITING, "owner": "bergen", "audience": ["bergen"]}
    is_problem(await desk.put("bergen editor", WAITING), 403)
    assert (await desk.put("bergen editor", own)).status_code == 200
    is_problem(await desk.post("bergen editor", "publish"), 403)
    assert (await desk.post("curator", "publish")).json()["status"] == "published"


@pytest.fixture
async def hands(service: Service, desk: Desk) -> dict[str, Review]:
    """The same rules as the console uses them, for some of the keys."""
    access = Access(service.db, bodies=service.knowledge.bodies)
    secrets = {name: desk.keys[name]["Authorization"].split()[1] for name in ("editor", "curator")}
    return {
        name: Review(service.curation, access, await access.key_of(secret))
        for name, secret in secrets.items()
    }


async def test_undo_puts_back_what_was_live_and_what_was_drafted(
    desk: Desk, hands: dict[str, Review]
) -> None:
    id, curator, editor = desk.path.rsplit("/", 1)[1], hands["curator"], hands["editor"]
    live = (await desk.put("curator", {**NEW, "title": "Glass", "status": "published"})).json()
    await desk.put("editor", {**WAITING, "title": "Glass og metall"})
    approved = await curator.publish("kommune", id, 2)
    assert curator.live("kommune", id) == approved

    undone = await curator.undo("kommune", id, approved.revision)
    assert (undone.title, undone.status) == ("Glass og metall", "in_review")
    shown = curator.live("kommune", id)
    assert shown is not None and shown.title == live["title"]
    again = await curator.publish("kommune", id, undone.revision)

    retired = await curator.retire("kommune", id, again.revision)
    assert curator.live("kommune", id) is None
    await curator.undo("kommune", id, retired.revision)
    shown = curator.live("kommune", id)
    assert shown is not None and shown.title == "Glass og metall"
    assert not (await editor.allowed("kommune", shown)).publish


async def test_a_draft_let_go_leaves_what_is_live(desk: Desk, hands: dict[str, Review]) -> None:
    id, editor = desk.path.rsplit("/", 1)[1], hands["editor"]
    await desk.put("curator", {**NEW, "title": "Glass", "status": "published"})
    draft = (await desk.put("editor", {**NEW, "title": "Feil"})).json()
    left = await editor.discard("kommune", id, draft["revision"])
    assert (left.title, left.status) == ("Glass", "published")
    back = await editor.undo("kommune", id, left.revision)
    assert (back.title, back.status) == ("Feil", "draft")


async def test_the_queue_says_who_handed_in_and_what_they_said(
    desk: Desk, hands: dict[str, Review]
) -> None:
    id = desk.path.rsplit("/", 1)[1]
    await desk.put("editor", NEW)
    await desk.post("editor", "submit", {"text": "Haster"})
    for name, mine in (("curator", False), ("editor", True)):
        waiting = {one.entry.id: one for one in await hands[name].queue("kommune")}[id]
        assert (waiting.by, waiting.note, waiting.mine) == ("editor", "Haster", mine)
        assert waiting.live is None
