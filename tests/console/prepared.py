"""What a change needs to succeed: the state it starts from, and the form or JSON it sends.

Most routes take `samples.py` as it is. A route that is here says more. Before one who may use
it tries it on what is theirs, its things are made anew (`Scene.fresh`), for what one before
has done to them; for everybody else it is asked about what is there.
"""

from __future__ import annotations

import datetime as dt
import secrets

import msgspec

from brains import people, referrals, store
from brains.model import Body, LocalAnswer
from brains.referrals import Referral
from router.console import body_forms, forms
from router.console.body_forms import OwnPart, Settings
from router.console.local_trials import Tried
from router.jobs import Progress
from tests.console.planted import bot_of, mark, notice
from tests.console.prepared_texts import (
    answered,
    choices,
    edit,
    finished,
    merge,
    new_entry,
    revised,
    several,
    split,
    undo,
    unmerge,
    unread,
    upload,
)
from tests.console.scenes import PASSWORD, Prepared, Scene, Sent, new_words
from tests.waiting import until

GAP = "/brains/{brain}/gaps/{gap}"
ENTRY = "/console/brains/{brain}/entries/{entry}"
IMPORT = "/console/brains/{brain}/imports"
NOTICE = "/console/brains/{brain}/broadcasts/{broadcast}"
FEDERATION = "/console/federation/{slug}"


async def local_answer(scene: Scene) -> Sent:
    target, shared = scene.target, f"{scene.target.slug}-delt"
    if scene.fresh:
        one = LocalAnswer(target.brain, shared, target.slug, {"nb": mark(target.slug, "local")})
        await store.save_local_answers(scene.service.db, [one])
        await scene.service.knowledge.catch_up()
    return Sent(path={"entry": shared})


async def only_read(scene: Scene) -> Sent:
    """The one that stays: whoever only reads changes nothing, so none is made anew."""
    return Sent(path={"entry": f"{scene.target.slug}-eget"})


async def own_text(scene: Scene) -> Sent:
    sent = await local_answer(scene)
    return sent._replace(json={"answers": {"nb": new_words()}})


async def tried_local(scene: Scene) -> Sent:
    """One that was tried, and not given yet."""
    sent = await local_answer(scene)
    if not scene.fresh or scene.person is None:
        return sent
    target, service, texts = scene.target, scene.service, {"nb": new_words()}
    id = sent.path["entry"]
    impact = await service.local_impact.preview(target.brain, id, target.slug, texts)
    kept = service.knowledge.local_answers[target.brain, id][target.slug]
    revision = service.knowledge.entry(target.brain, id).revision
    result = Tried(id, target.slug, texts, forms.seen(dict(kept.answers)), revision, impact)

    async def work(progress: Progress) -> Tried:
        return result

    job = service.jobs.start("impact", scene.person.id, work)
    await until(lambda: job.state == "done")
    return Sent({"job": job.id, "reason": "x"}, path=sent.path, query={"job": job.id})


async def read_own(scene: Scene) -> Sent:
    sent, target = await local_answer(scene), scene.target
    known = scene.service.knowledge.local_answers
    local = known.get((target.brain, sent.path["entry"]), {}).get(target.slug)
    seen = forms.seen(dict(local.answers)) if local else ""
    return Sent({"entry": sent.path["entry"], "scope": target.slug, "seen": seen})


async def read_together(scene: Scene) -> Sent:
    return Sent({"at": "2026-01-01T00:00:00+00:00", "by": "somebody else"})


async def kept_notice(scene: Scene) -> Sent:
    if scene.fresh:
        kept = notice(scene.target.slug)
        await scene.service.broadcasts.save(scene.target.brain, kept, "somebody")
    return Sent()


async def connected(scene: Scene) -> Sent:
    bot = bot_of(scene.target.slug)
    if scene.fresh:
        await scene.service.connections.save(bot)
    return Sent({"adapter": bot.adapter, "address": bot.address, "time_limit_s": "5"})


async def connection(scene: Scene) -> Sent:
    bot = bot_of(scene.target.slug)
    return Sent(json={"adapter": bot.adapter, "address": bot.address, "enabled": False})


async def unconnected(scene: Scene) -> Sent:
    sent, slug = await connected(scene), scene.target.slug
    if scene.fresh:
        slug = f"ny{secrets.token_hex(4)}"
        await scene.service.curation.add_body(Body(id=slug, name=f"Etat {slug}"), "somebody")
    return sent._replace(form={**sent.form, "body": slug})


def document(part: type[OwnPart] | type[Settings]) -> Prepared:
    """What a body's page offers to go back to."""

    async def prepare(scene: Scene) -> Sent:
        body = scene.service.knowledge.body(scene.target.slug)
        kept = body_forms.part_of(body, part)
        return Sent({"document": msgspec.json.encode(kept).decode()})

    return prepare


async def whole_body(scene: Scene) -> Sent:
    body = scene.service.knowledge.body(scene.target.slug)
    return Sent(json=msgspec.to_builtins(body))


async def new_body(scene: Scene) -> Sent:
    return Sent({"id": f"ny{secrets.token_hex(4)}", "name": "Ny kommune", "kind": "municipality"})


async def facts_file(scene: Scene) -> Sent:
    table = f"fact;label;language;{scene.target.slug}\r\n{scene.target.fact};;;fra en fil\r\n"
    return Sent(files={"file": ("facts.csv", table.encode())})


async def conflict(scene: Scene) -> Sent:
    return Sent({"key": "0" * 64, "job": "none"})


async def both(scene: Scene) -> Sent:
    return Sent({"keep": scene.target.entry, "other": scene.target.draft})


async def another_address(scene: Scene) -> Sent:
    return Sent({"email": f"{secrets.token_hex(6)}@samsvar.example"})


async def own_password(scene: Scene) -> Sent:
    return Sent({"current": PASSWORD, "password": PASSWORD, "again": PASSWORD})


async def signing_in(scene: Scene) -> Sent:
    email = scene.person.email if scene.person else "nobody@samsvar.example"
    return Sent({"email": email, "password": PASSWORD})


async def link(scene: Scene) -> Sent:
    form = {"password": PASSWORD, "again": PASSWORD}
    if not scene.fresh:
        # Whoever has the link is who it is for.
        return Sent(form, path={"link": "no-such-link"})
    async with scene.service.db.write() as tx:
        token = await people.new_link(tx, scene.target.person, dt.datetime.now(dt.UTC))
    return Sent(form, path={"link": token})


async def own_job(scene: Scene) -> Sent:
    if not scene.fresh or scene.person is None:
        return Sent()

    async def work(progress: Progress) -> None:
        progress(1.0, "done")

    job = scene.service.jobs.start("impact", scene.person.id, work)
    return Sent(path={"job": job.id})


async def reply(scene: Scene) -> Sent:
    if not scene.fresh:
        return Sent(json={"turn": 1, "helpful": True})
    target, text = scene.target, "Når brøyter dere veien?"
    said = await scene.service.conversations.say(target.conversation, target.token, text)
    return Sent(json={"turn": said.turn, "helpful": True})


async def of_brain(scene: Scene) -> Sent:
    return Sent(query={"brain": scene.target.brain})


async def a_question(scene: Scene) -> Sent:
    if not scene.fresh:
        return Sent(query={"question": "ingen"})
    words, service = new_words(), scene.service
    said = Referral(
        body=scene.target.slug,
        text=words,
        conversation=secrets.token_hex(8),
        helpful=True,
        at=dt.datetime.now(dt.UTC),
        fingerprint=service.encoder.fingerprint,
        vector=(await service.encoder.encode([words]))[0],
    )
    async with service.db.write() as tx:
        await referrals.note(tx, [said])
    return Sent(query={"question": words})


TEXT = {"nb": "Slik er det."}
ROUTES: dict[str, Prepared] = {
    "PUT /v1/bodies/{slug}": whole_body,
    "DELETE /v1/bodies/{slug}/confirmed": a_question,
    "GET /console/events": of_brain,
    "GET /console/jobs/{job}": own_job,
    "GET /console/jobs/{job}/state": own_job,
    "POST /v1/conversations/{conversation}/feedback": reply,
    "POST /v1/brains/{brain}/entries/{entry}/return": revised("in_review"),
    "GET /v1/brains/{brain}/entries/{entry}/local-answers/{audience}": only_read,
    "PUT /v1/brains/{brain}/entries/{entry}/local-answers/{audience}": own_text,
    "POST /console/brains/{brain}/local-answers/{audience}/{entry}": local_answer,
    "DELETE /v1/brains/{brain}/entries/{entry}/local-answers/{audience}": local_answer,
    "POST /console/brains/{brain}/local-answers/{audience}/{entry}/remove": local_answer,
    "POST /console/brains/{brain}/local-answers/{audience}/{entry}/still-right": local_answer,
    "POST /console/brains/{brain}/local-answers/{audience}/{entry}/undo": local_answer,
    "GET /console/brains/{brain}/local-answers/{audience}/{entry}/publish": tried_local,
    "POST /console/brains/{brain}/local-answers/{audience}/{entry}/publish": tried_local,
    "POST /v1/brains/{brain}/entries/{entry}/local-answers/{audience}/preview": local_answer,
    "POST /console/brains/{brain}/review/read-own": read_own,
    "POST /console/brains/{brain}/review/read-together": read_together,
    "PUT /v1/connections/{slug}": connection,
    "POST /v1/connections/{slug}/try": connected,
    f"POST /v1{GAP}/answer": answered(answers=TEXT),
    f"POST /v1{GAP}/ask-again": answered(),
    f"POST /v1{GAP}/facts": answered(facts={"{slug}": {"festsal_pris": "ny"}}),
    f"POST /v1{GAP}/local-answer": answered(entry="{shared}", scope="{slug}", answers=TEXT),
    f"POST /v1{GAP}/phrasing": answered(entry="{shared}", phrasings=["en ny formulering"]),
    f"POST /v1{GAP}/merge": merge,
    f"POST /v1{GAP}/unmerge": unmerge,
    f"POST /v1{GAP}/split": split,
    "POST /v1/brains/{brain}/import": upload,
    "POST /console/account/password": own_password,
    "POST /console/bodies": new_body,
    "POST /console/bodies/{slug}/restore": document(OwnPart),
    "POST /console/bodies/{slug}/restore-settings": document(Settings),
    f"POST {NOTICE}": kept_notice,
    f"POST {NOTICE}/delete": kept_notice,
    f"POST {NOTICE}/withdraw": kept_notice,
    "POST /console/brains/{brain}/conflicts/accept": conflict,
    "POST /console/brains/{brain}/conflicts/reopen": conflict,
    "POST /console/brains/{brain}/conflicts/merge": both,
    f"POST {ENTRY}/discard": revised("draft"),
    f"POST {ENTRY}/edit": edit,
    f"POST {ENTRY}/preview": revised("draft", deed="publish"),
    f"POST {ENTRY}/publish": revised("draft", deed="publish"),
    f"POST {ENTRY}/restore": revised("draft", old="1"),
    f"POST {ENTRY}/return": revised("in_review"),
    f"POST {ENTRY}/submit": revised("draft"),
    f"POST {ENTRY}/undo": undo,
    f"POST {ENTRY}/withdraw": revised("in_review"),
    "POST /console/brains/{brain}/new-entry": new_entry,
    "POST /console/brains/{brain}/facts-import": facts_file,
    f"POST /console{GAP}/answer/fact": answered(),
    f"POST /console{GAP}/answer/local": answered(),
    f"POST /console{GAP}/merge": merge,
    f"POST /console{GAP}/unmerge": unmerge,
    f"POST /console{GAP}/split": split,
    "POST /console/brains/{brain}/review/read": unread,
    "POST /console/brains/{brain}/several-gaps/assign": several,
    "POST /console/brains/{brain}/several-gaps/dismiss": several,
    "POST /console/brains/{brain}/several-gaps/forward": several,
    "POST /console/brains/{brain}/several-gaps/merge": several,
    "POST /console/brains/{brain}/several-gaps/reopen": several,
    "POST /console/brains/{brain}/several-gaps/snooze": several,
    f"POST {IMPORT}": upload,
    f"POST {IMPORT}/{{import_id}}/choices": choices,
    f"POST {IMPORT}/{{import_id}}/confirm": choices,
    f"POST {IMPORT}/{{import_id}}/discard": choices,
    f"POST {IMPORT}/{{import_id}}/undo": finished,
    "POST /console/federation/new": unconnected,
    f"POST {FEDERATION}/disable": connected,
    f"POST {FEDERATION}/edit": connected,
    f"POST {FEDERATION}/enable": connected,
    f"POST {FEDERATION}/read": connected,
    f"POST {FEDERATION}/remove": connected,
    f"POST {FEDERATION}/try": connected,
    "POST /console/people/new": another_address,
    "POST /console/people/{person_id}": another_address,
    "POST /console/set-password/{link}": link,
    "POST /console/sign-in": signing_in,
}
