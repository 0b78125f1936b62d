"""What changes of entries, gaps and imports need to succeed: see `prepared.py`."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from brains.notes import NewNote
from tests.console.planted import Target, mark
from tests.console.scenes import STATUS, Prepared, Scene, Sent, new_words


def revised(status: STATUS, **form: str) -> Prepared:
    """On the entry's newest revision, which has that status."""

    async def prepare(scene: Scene) -> Sent:
        return Sent({**await scene.entry(status), **form})

    return prepare


async def undo(scene: Scene) -> Sent:
    await scene.entry("draft")
    return Sent(await scene.entry("draft", await scene.name()))


async def edit(scene: Scene) -> Sent:
    return Sent({**written(scene.target), **await scene.entry("draft")})


async def new_entry(scene: Scene) -> Sent:
    return Sent({**written(scene.target), "revision": "0"})


def written(target: Target) -> dict[str, Any]:
    """The form of an answer that is the body's own."""
    return {
        "title": f"Om {mark(target.slug, 'entry')}",
        "questions": f"Hva gjelder for {mark(target.slug, 'entry')}?",
        "answer_nb": "Dette gjelder.",
        "reach": "some",
    }


async def merge(scene: Scene) -> Sent:
    gap, other = await scene.gap(), await scene.gap()
    other = other if scene.fresh else scene.target.other_gap
    return Sent({"gaps": [other]}, {"gaps": [other]}, {"gap": gap})


async def several(scene: Scene) -> Sent:
    """Two at once."""
    other = await scene.gap() if scene.fresh else scene.target.other_gap
    return Sent({"gaps": [await scene.gap(), other]})


async def unread(scene: Scene) -> Sent:
    """What somebody has published that nobody else has read."""
    curation, target = scene.service.curation, scene.target
    revision = await scene.entry("published")
    if scene.fresh:
        known = await curation.entry(target.brain, target.entry)
        changed = msgspec.structs.replace(known, title=new_words())
        note = NewNote("unreviewed", "Det hastet.")
        saved = await curation.save_entry(target.brain, changed, "somebody else", note=note)
        revision = {"revision": str(saved.revision)}
    return Sent(revision)


async def unmerge(scene: Scene) -> Sent:
    sent = await merge(scene)
    gap, (other,) = sent.path["gap"], sent.form["gaps"]
    if scene.fresh:
        await scene.service.gap_desk.merge(scene.target.brain, gap, [other], "somebody")
    return sent._replace(json={"gap": other})


async def split(scene: Scene) -> Sent:
    if not scene.fresh:
        one = scene.target.question
        return Sent({"questions": [one]}, {"questions": [int(one)]})
    words = new_words()
    gap, same = await scene.ask(words), await scene.ask(f"{words} da")
    assert gap == same, "both should be in one gap"
    page = await scene.service.gaps.questions(gap, brain=scene.target.brain)
    one = page.items[0].id
    return Sent({"questions": [str(one)]}, {"questions": [one]}, {"gap": gap})


def answered(**json: Any) -> Prepared:
    """An answer to a gap, which nobody has closed yet; `{slug}`, `{shared}` stand for names."""

    async def prepare(scene: Scene) -> Sent:
        slug = scene.target.slug
        text = msgspec.json.encode(json).decode()
        text = text.replace("{slug}", slug).replace("{shared}", f"{slug}-delt")
        found: dict[str, Any] = msgspec.json.decode(text)
        form = {"scope": slug, "entry": f"{slug}-delt", f"fact:{slug}:{scene.target.fact}": "ny"}
        return Sent(form, found, {"gap": await scene.gap()})

    return prepare


async def upload(scene: Scene) -> Sent:
    row = {"id": f"fra-fil-{secrets.token_hex(4)}", "questions": ["Hva er en fil?"]}
    line = msgspec.json.encode({**row, "answers": {"nb": "Et ark."}})
    return Sent(
        files={"files": ("new.jsonl", line)},
        query={"format": "jsonl"},
        json={**row, "answers": {"nb": "Et ark."}},
    )


async def choices(scene: Scene) -> Sent:
    return await scene.imported()


async def finished(scene: Scene) -> Sent:
    return await scene.imported(done=True)
