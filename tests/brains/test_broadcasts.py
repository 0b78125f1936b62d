"""Which notices show where and when, and that every node learns of them."""

from __future__ import annotations

import datetime as dt

import pytest

from brains import broadcasts
from brains.database import Database
from brains.errors import Invalid, UnknownBrain
from brains.model import Body, Broadcast
from tests.brains.conftest import NOW, Opener

HOUR = dt.timedelta(hours=1)
BERGEN = Body(id="bergen", name="Bergen kommune", brain="kommune", groups=["vestland"])
NOTICE = Broadcast(id="vann", brain="kommune", texts={"nb": "Kok vannet."}, starts_at=NOW)


def notice(id: str, **changes: object) -> Broadcast:
    fields = {"brain": "kommune", "texts": {"nb": id}, "starts_at": NOW, **changes}
    return Broadcast(id=id, **fields)  # type: ignore[arg-type]


def test_it_shows_from_its_start_until_just_before_its_end() -> None:
    one = notice("a", ends_at=NOW + HOUR)
    assert broadcasts.state(one, NOW - HOUR) == "planned"
    assert broadcasts.state(one, NOW) == "showing"
    assert broadcasts.state(one, NOW + HOUR) == "over"


def test_a_body_shows_its_own_its_groups_and_everyones_with_warnings_first() -> None:
    kept = [
        notice("everyone", starts_at=NOW - 2 * HOUR),
        notice("group", audience=["group:vestland"], starts_at=NOW - HOUR),
        notice("warning", level="warning", audience=["asker", "bergen"], starts_at=NOW - 3 * HOUR),
        notice("others", audience=["voss", "group:finnmark"]),
        notice("later", starts_at=NOW + HOUR),
    ]
    shown = broadcasts.showing(kept, BERGEN, NOW)
    assert [one.id for one in shown] == ["warning", "group", "everyone"]


def test_the_next_boundary_is_the_next_start_or_end() -> None:
    kept = [notice("a", ends_at=NOW + 3 * HOUR), notice("b", starts_at=NOW + 2 * HOUR)]
    assert broadcasts.next_boundary(kept, NOW) == NOW + 2 * HOUR
    assert broadcasts.next_boundary(kept, NOW + 2 * HOUR) == NOW + 3 * HOUR
    assert broadcasts.next_boundary(kept, NOW + 3 * HOUR) is None


def test_its_version_is_what_it_says_and_not_when() -> None:
    version = broadcasts.version(NOTICE)
    assert version == broadcasts.version(notice("x", texts=NOTICE.texts, ends_at=NOW + HOUR))
    assert version != broadcasts.version(notice("vann", texts={"nb": "Vannet er rent."}))


async def test_every_node_learns_of_it(federation: Database, open_knowledge: Opener) -> None:
    one, other = await open_knowledge(), await open_knowledge()
    await broadcasts.save(federation, NOTICE)
    for node in (one, other):
        await node.catch_up()
        assert node.broadcasts["kommune"] == {"vann": NOTICE}
        assert node.broadcasts_changed.is_set()
    assert await broadcasts.remove(federation, "kommune", "vann")
    await other.catch_up()
    assert other.broadcasts["kommune"] == {}
    assert not await broadcasts.remove(federation, "kommune", "vann")
    late = await open_knowledge()
    assert late.broadcasts.get("kommune", {}) == {}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"texts": {}}, "texts"),
        ({"texts": {"nb": "  "}}, "texts.nb"),
        ({"texts": {"nb": "x" * 1001}}, "1000"),
        ({"texts": {"norsk!": "x"}}, "language tag"),
        ({"audience": []}, "audience"),
        ({"audience": ["nav"]}, "nav"),
        ({"audience": ["group:atlantis"]}, "atlantis"),
        ({"ends_at": NOW}, "ends_at"),
        ({"starts_at": NOW.replace(tzinfo=None)}, "timezone"),
        ({"entry": "atlantis"}, "atlantis"),
    ],
)
async def test_what_is_wrong_is_named(
    federation: Database, changes: dict[str, object], names: str
) -> None:
    with pytest.raises(Invalid, match=names):
        await broadcasts.save(federation, notice("feil", **changes))


async def test_it_needs_a_brain(federation: Database) -> None:
    with pytest.raises(UnknownBrain):
        await broadcasts.save(federation, notice("x", brain="atlantis"))
