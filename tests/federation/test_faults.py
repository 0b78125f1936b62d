"""Whatever a partner does, the visitor gets a useful reply, and nobody else is held up."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from brains import audit
from brains.audit import Filter
from router.adapters import Question
from router.federation.breaker import FAILURES_MAX
from router.federation.exchange import AT_ONCE_MAX, Exchanged
from router.messages import Answered, Crisis, Referred
from router.service import Service
from tests.federation import partners
from tests.federation.conftest import CRISIS, LOAN, SNOW, TAX, TIME_LIMIT_S, Connect, Visitor
from tests.federation.partners import Manner, partner
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAULTS: dict[str, tuple[Manner, str]] = {
    "hangs": (partners.hangs, "slow"),
    "drips": (partners.drips, "slow"),
    "drips headers": (partners.drips_headers, "slow"),
    "closes half-way": (partners.closes_half_way, "broken"),
    "closes at once": (partners.closes_at_once, "broken"),
    "fails": (partners.fails, "error"),
    "is large": (partners.is_large, "too large"),
    "is large without saying": (partners.is_large_without_saying, "too large"),
    "is a bomb": (partners.is_a_bomb, "too large"),
    "talks nonsense": (partners.talks_nonsense, "nonsense"),
    "is no web server": (partners.is_no_web_server, "broken"),
    "says nothing": (partners.says_nothing, "nonsense"),
}

QUESTION = Question(
    text=TAX,
    body="skatteetaten",
    sender="bergen",
    sender_name="Bergen kommune",
    language="nb",
    conversation="c0ffee",
)


async def last_exchange(service: Service) -> dict[str, Any]:
    async with service.db.read() as tx:
        found = await audit.listing(tx, Filter(action="federation.asked"), limit=1)
    return found.items[0].detail


def is_useful(reply: Any) -> bool:
    """Whose question it is, the way there, that its bot did not answer, and a human."""
    return (
        isinstance(reply.outcome, Referred)
        and reply.outcome.body == "skatteetaten"
        and reply.outcome.answered_by is None
        and "https://www.skatteetaten.example" in reply.text
        and "får ikke svar" in reply.text
        and "human" in [option.id for option in reply.options]
        and reply.body.id == "bergen"
    )


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_ends_in_the_way_to_the_body_and_a_human(
    federation: Service, connect: Connect, visitor: Visitor, fault: str
) -> None:
    manner, failure = FAULTS[fault]
    async with partner(manner) as bad:
        await connect(bad, time_limit_s=1.5 if failure == "slow" else TIME_LIMIT_S)
        assert is_useful(await visitor.says(TAX))
    assert (await last_exchange(federation))["result"] == failure


async def test_a_partner_that_is_down(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        await connect(f"http://127.0.0.1:{free.getsockname()[1]}")
        assert is_useful(await visitor.says(TAX))
    assert (await last_exchange(federation))["result"] == "down"


async def test_a_redirect_to_an_internal_address_is_not_followed(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(partners.answers(text="secrets")) as inside:
        async with partner(partners.redirects(inside.address)) as bad:
            await connect(bad)
            assert is_useful(await visitor.says(TAX))
        assert inside.asked == []
    assert (await last_exchange(federation))["result"] == "refused"


async def test_an_internal_address_is_not_called_unless_the_operator_allows_it(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(partners.answers(text="secrets")) as inside:
        for place in (inside.address.replace("127.0.0.1", "[::1]"), "http://10.255.255.1:9"):
            await connect(place)
            assert is_useful(await visitor.says(TAX))
            assert (await last_exchange(federation))["result"] == "refused"
        assert inside.asked == []


async def test_script_in_the_reply_is_taken_out(connect: Connect, visitor: Visitor) -> None:
    async with partner(partners.sends_script) as bad:
        await connect(bad)
        reply = await visitor.says(TAX)
    assert reply.outcome.answered_by == "skatteetaten"
    assert "Du søker her." in reply.text
    for word in ("script", "steal", "onclick", "onerror", "iframe", "style", "javascript"):
        assert word not in reply.html + reply.text


async def test_an_overloaded_partner_is_asked_again(connect: Connect, visitor: Visitor) -> None:
    async with partner(partners.is_overloaded_once) as busy:
        await connect(busy)
        reply = await visitor.says(TAX)
    assert reply.outcome.answered_by == "skatteetaten"
    assert len(busy.asked) == 2


async def test_a_partner_that_fails_again_and_again_is_left_alone(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(partners.fails) as bad:
        await connect(bad)
        for _ in range(FAILURES_MAX):
            await visitor.says(TAX)
        asked = len(bad.asked)
        assert is_useful(await visitor.says(TAX))
        assert len(bad.asked) == asked == FAILURES_MAX
    assert (await last_exchange(federation))["result"] == "left alone"


async def test_others_are_answered_while_one_hangs(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with (
        partner(partners.hangs) as bad,
        partner(partners.answers(text="Du søker hos oss.")) as good,
    ):
        await connect(bad, time_limit_s=TIME_LIMIT_S)
        await connect(good, "lanekassen")
        waiting = [asyncio.ensure_future(visitor.says(TAX)) for _ in range(30)]
        await until(lambda: len(bad.asked) == AT_ONCE_MAX)
        started = await federation.conversations.start("bergen")
        other = Visitor(federation, started.id, started.token)
        assert (await other.says(LOAN)).outcome.answered_by == "lanekassen"
        assert isinstance((await other.says(SNOW)).outcome, Answered)
        assert len(bad.asked) == AT_ONCE_MAX, "no more than twenty are with one partner at a time"
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_those_who_wait_are_told_once_a_partner_is_left_alone(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(partners.hangs) as bad:
        await connect(bad, time_limit_s=1.5)
        replies = await asyncio.gather(*(visitor.says(TAX) for _ in range(30)))
    assert all(is_useful(reply) for reply in replies)
    assert len(bad.asked) < 20 + FAILURES_MAX


async def test_one_question_tries_a_partner_again_whoever_leaves_meanwhile(
    federation: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.federation.breaker.WAIT_SECONDS", 0.0)
    exchanges = federation.exchanges
    async with partner(partners.hangs) as bad:
        to = await connect(bad, time_limit_s=TIME_LIMIT_S)

        async def asked(count: int, reaches: int) -> list[asyncio.Task[Exchanged]]:
            made = [asyncio.create_task(exchanges.ask(to, QUESTION)) for _ in range(count)]
            await until(lambda: len(bad.asked) >= reaches)
            return made

        went = await asked(AT_ONCE_MAX - 1, AT_ONCE_MAX - 1)
        for _ in range(FAILURES_MAX):
            exchanges.breaker(to).failed()
        (probe,) = await asked(1, AT_ONCE_MAX)
        (waits,) = await asked(1, AT_ONCE_MAX)
        await asyncio.sleep(0)
        for left in (waits, went.pop()):
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)
            assert exchanges.breaker(to).lets_through() is None, "one is being tried already"
        assert (await exchanges.ask(to, QUESTION)).failure == "left alone"
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        (next_one,) = await asked(1, AT_ONCE_MAX + 1)
        for one in (*went, next_one):
            one.cancel()
        await asyncio.gather(*went, next_one, return_exceptions=True)


async def test_a_crisis_never_leaves_the_house(connect: Connect, visitor: Visitor) -> None:
    async with partner(partners.answers(text="Hei!")) as good:
        await connect(good)
        await visitor.says(TAX)
        assert isinstance((await visitor.says(CRISIS)).outcome, Crisis)
        assert len(good.asked) == 1


async def test_only_what_is_redacted_goes_out(connect: Connect, visitor: Visitor) -> None:
    async with partner(partners.answers(text="Hei!")) as good:
        await connect(good)
        await visitor.says(TAX)
        await visitor.says("Jeg heter Kari, 13097248022, kari@post.example, 91 23 45 67")
    assert len(good.asked) == 2
    for secret in ("13097248022", "kari@post.example", "91 23 45 67"):
        assert secret not in str(good.asked)
