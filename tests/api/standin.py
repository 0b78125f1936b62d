"""Temporary stand-in for router.service.Service until the lead's exists."""
import sys, types, datetime as dt, secrets
from brains import store, entries as E
from brains.database import Database
from brains.errors import *
from brains.gaps import Gaps
from brains.knowledge import Knowledge
from brains import facts as F
from router.messages import *
from router.results import *
from router.events import Events
from router.errors import WrongToken
from router.security.tokens import *
from tests.fakes import FakeEncoder, FakeMatcher

class Service:
    @classmethod
    async def open(cls, settings, encoder=None, progress=None):
        s = cls(); s.settings = settings
        s.db = await Database.open(settings.database_url)
        s.encoder = FakeEncoder()
        s.knowledge = await Knowledge.open(s.db, s.encoder, matcher=FakeMatcher())
        s.gaps = await Gaps.open(s.db, s.encoder)
        s.events = Events.in_memory(); s.conversations = Conversations(s); s.curation = Curation(s)
        return s
    async def close(self):
        await self.gaps.close(); await self.db.close()
    def reply(self, body, turn=1):
        b = self.knowledge.body(body)
        return Reply(turn, Unanswered("g"), "Hei", "<p>Hei</p>", "nb", Speaker(b.id, b.name), Human(False))
    async def ask(self, message):
        self.knowledge.body(message.body)
        return self.reply(message.body)
    async def route(self, text, sender=None, municipality=None):
        return RouteResult(None, 0.0, [])
    async def popular(self, body, month=None, language=None): return []
    def human(self, body): return Human(False)
    async def problems(self): return []

class Conversations:
    def __init__(s, service): s.service = service; s.all = {}
    async def start(s, body, language=None, origin=None):
        b = s.service.knowledge.body(body); t = new_token(); i = secrets.token_urlsafe(16)
        s.all[i] = (hash_token(t), body, [])
        return Started(i, t, "Hei!", [], Speaker(b.id, b.name), Human(False), language or "nb")
    async def authorise(s, id, token):
        if id not in s.all: raise UnknownConversation(id)
        if not token_matches(token, s.all[id][0]): raise WrongToken()
        return s.all[id][1]
    async def say(s, id, token, text=None, choice=None):
        body = await s.authorise(id, token); turns = s.all[id][2]
        now = dt.datetime.now(dt.UTC)
        turns.append(Turn(len(turns)+1, "visitor", text or choice, "", now))
        r = s.service.reply(body, len(turns)+1)
        turns.append(Turn(len(turns)+1, "bot", r.text, r.html, now, r))
        s.service.events.publish(id, "reply", r, r.turn)
        return r
    async def handover(s, id, token): return s.service.reply(await s.authorise(id, token))
    async def feedback(s, id, token, turn, helpful, comment=None):
        await s.authorise(id, token)
        if turn > len(s.all[id][2]): raise Invalid("no such turn", "turn")
    async def erase(s, id, token): await s.authorise(id, token); del s.all[id]
    async def get(s, id, token):
        b = s.service.knowledge.body(await s.authorise(id, token))
        return Conversation(id, Speaker(b.id, b.name), "nb", "bot", Human(False), list(s.all[id][2]))
    async def transcript(s, id, token): await s.authorise(id, token); return "Hei\n"

class Curation:
    def __init__(s, service): s.s = service; s.db = service.db; s.k = service.knowledge
    async def entries(s, brain, status=None, topic=None, text=None, cursor=None, limit=50):
        s.k.brain(brain)
        async with s.db.read() as tx: p = await E.listing(tx, brain, status=status, text=text or "", after=cursor, limit=limit)
        return EntryPage([i.entry for i in p.items], p.next)
    async def entry(s, brain, id):
        async with s.db.read() as tx: return await E.get(tx, brain, id)
    async def save_entry(s, brain, entry, by, expected_revision=None):
        r = await store.save_entry(s.db, s.s.encoder, entry, by); await s.k.catch_up(); return r
    async def set_status(s, brain, id, status, by):
        import msgspec
        e = await s.entry(brain, id)
        return await s.save_entry(brain, msgspec.structs.replace(e, status=status), by)
    async def revisions(s, brain, id):
        async with s.db.read() as tx: return [Revision(r.revision, r.at, r.author, r.entry) for r in await E.revisions(tx, brain, id)]
    async def restore(s, brain, id, revision, by): return await store.restore_entry(s.db, s.s.encoder, brain, id, revision, by)
    async def import_entries(s, brain, data, format, by, progress=None):
        from brains.formats import jsonl
        try: lines = data.decode().splitlines()
        except UnicodeDecodeError: raise Invalid("not UTF-8")
        es = jsonl.read(lines)
        r = await store.import_entries(s.db, s.s.encoder, brain, es, author=by)
        return ImportResult(brain, len(es), r.created, r.updated, r.unchanged)
    async def export(s, brain, format, body=None, language="nb"): return "{}\n"
    async def gaps(s, brain, status="open", cursor=None, limit=50):
        p = await s.s.gaps.list(brain, status, cursor, limit); return GapPage(p.items, p.next)
    async def gap(s, brain, id): return await s.s.gaps.get(id)
    async def gap_questions(s, brain, id, limit=100): return (await s.s.gaps.questions(id, None, limit)).items
    async def answer_gap(s, brain, id, answers, by, questions=None, audience=None, title=None, sources=None):
        raise UnknownGap(id)
    async def dismiss_gap(s, brain, id, by): return await s.s.gaps.settle(id, "dismissed", by)
    async def facts(s, body): return list(s.k.facts.get(body, {}).values())
    async def set_facts(s, body, facts, by):
        from brains.model import Fact
        for k, v in facts.items():
            if v is None: await store.remove_fact(s.db, body, k)
            else: await store.set_fact(s.db, Fact(body, k, v))
        await s.k.catch_up(); return await s.facts(body)
    async def missing_facts(s, body):
        async with s.db.read() as tx: return await F.missing(tx, body)
    async def add_body(s, body, by):
        from brains.model import Brain
        if body.brain and body.brain not in s.k.brains: await store.save_brain(s.db, Brain(id=body.brain, name=body.brain))
        r = await store.save_body(s.db, body); await s.k.catch_up(); return r
    async def add_brain(s, brain, by):
        await store.save_brain(s.db, brain); await s.k.catch_up(); return brain

m = types.ModuleType("router.service"); m.Service = Service
sys.modules.setdefault("router.service", m)
