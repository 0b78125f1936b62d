"""Files in and out: round trips, and errors that say where."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brains import formats, store
from brains.database import Database
from brains.errors import Invalid
from brains.formats import faqpage, jsonl, markdown, table
from brains.formats.ids import Ids
from brains.model import Entry, Fact, Source
from tests.brains.conftest import BARNEHAGE, NOW, SNO, Opener
from tests.fakes import FakeEncoder

GOOD = '{"id":"a","questions":["q"],"answers":{"nb":"x"}}'
WRONG = {
    '{"id":"a","questions":["q"],"answers":{"nb":"x"},"titel":"x"}': "line 2, field titel",
    '{"id":"a","questions":["q"]}': "line 2, field answers",
    '{"id":"b","questions":["q"],"answers":{"nb":1}}': "line 2, field answers",
    '{"id":"b","questions":["q",3],"answers":{"nb":"x"}}': "line 2, field questions[1]",
    '{"id":"b","questions":["q"],"answers":{"nb":"{{ x }}"}}': "line 2, field answers.nb",
    '{"id":"b","questions":["q"],"answers":{"nb":"x"},"sources":[{"title":"t"}]}': (
        "line 2, field sources[0].url"
    ),
    '{"id":"b","questions":["q"],"answers":{"nb":"x"},"valid_from":"i går"}': (
        "line 2, field valid_from"
    ),
    '{"id":"b","questions":["q"],"answers":{"nb":"x"},"status":"klar"}': "line 2, field status",
    GOOD: "line 2, field id",
    '{"id":"b"': "line 2",
    "[1]": "line 2",
    "tull": "line 2",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(Invalid) as refusal:
        jsonl.read(f"{GOOD}\n{line}\n\n")
    assert [problem.pointer for problem in refusal.value.problems] == [WRONG[line]]


def test_an_unknown_field_is_told_what_there_is() -> None:
    with pytest.raises(
        Invalid, match=r"line 1, field titel: There is no such field\. Use id, title"
    ):
        jsonl.read('{"id":"a","questions":["q"],"answers":{"nb":"x"},"titel":"x"}')


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() and not any(mark in text for mark in ("{{", "{%", "{#"))
)
_time = st.none() | st.datetimes(
    dt.datetime(2020, 1, 1),
    dt.datetime(2025, 1, 1),
    timezones=st.just(dt.UTC),
)
_entries = st.lists(
    st.builds(
        Entry,
        id=st.from_regex(r"[a-zæøå0-9]([a-z0-9._-]{0,10}[a-z0-9])?", fullmatch=True),
        questions=st.lists(_text, min_size=1, max_size=4),
        answers=st.dictionaries(st.sampled_from(["nb", "nn", "en", "se"]), _text, min_size=1),
        title=_text,
        audience=st.lists(st.sampled_from(["*", "bergen", "group:vest"]), min_size=1),
        sources=st.lists(st.builds(Source, _text, st.just("https://x.example/a")), max_size=2),
        valid_from=_time,
        owner=st.none() | st.just("bergen"),
        status=st.sampled_from(["draft", "published"]),
    ),
    max_size=5,
    unique_by=lambda entry: entry.id,
)


@given(_entries)
@settings(max_examples=60)
def test_what_is_written_reads_the_same(entries: list[Entry]) -> None:
    assert jsonl.read(jsonl.write(entries)) == entries


def test_the_shipped_examples_read() -> None:
    for path in sorted((Path(__file__).parents[2] / "router" / "demo").rglob("*.jsonl")):
        if path.parent.name in ("kommune", "nav"):
            assert formats.read(path), path


PAGE = """<!doctype html><html lang="nn-NO"><head>
<script>var x = "<FAQPage>";</script>
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
 {"@type":"WebPage"},
 {"@type":["FAQPage"],"mainEntity":[
  {"@type":"Question","name":"Når er <b>fristen</b>?","acceptedAnswer":{"@type":"Answer",
   "text":"<p>1. mars. Sjå <a href=\\"https://voss.example/x\\">sida</a>.</p>
    <ul><li>ein</li><li>to {{ tre }}</li></ul><script>x<\\/script>"}},
  {"@type":"Question","name":"Når er fristen","inLanguage":"en",
   "acceptedAnswer":[{"text":"1 March"}]},
  {"@type":"Question","name":"Uten svar"}]}]}</script></head></html>"""


def test_faqpage_in_a_web_page(tmp_path: Path) -> None:
    path = tmp_path / "side.html"
    path.write_text(PAGE)
    first, second = formats.read(path)
    assert first == Entry(
        id="nar-er-fristen",
        questions=["Når er fristen?"],
        answers={"nn": "1. mars. Sjå [sida](https://voss.example/x).\n\n- ein\n- to { { tre }}"},
    )
    assert (second.id, second.answers) == ("nar-er-fristen-2", {"en": "1 March"})


@pytest.mark.parametrize("text", ["{}", "<html></html>", "[]", '{"@type":"FAQPage"}', "tull", ""])
def test_no_faqpage_is_said(text: str) -> None:
    with pytest.raises(Invalid):
        faqpage.read(text)


@given(
    st.recursive(
        st.none() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "@type",
                        "@graph",
                        "mainEntity",
                        "name",
                        "text",
                        "acceptedAnswer",
                        "inLanguage",
                    ]
                ),
                inner | st.sampled_from(["FAQPage", "Question"]),
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_any_json_reads_or_is_refused(document: object) -> None:
    try:
        faqpage.read(json.dumps(document))
    except Invalid:
        return


@given(st.text(max_size=200))
def test_any_html_becomes_markdown(markup: str) -> None:
    markdown.from_html(markup)


async def test_faqpage_of_one_body(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    await store.import_entries(federation, encoder, "kommune", [BARNEHAGE, SNO])
    await store.set_fact(federation, Fact("bergen", "barnehage_deadline", "1. mars </script>"))
    node = await open_knowledge()
    page = faqpage.for_body(node, "bergen", "nb", NOW)
    assert [question["name"] for question in page["mainEntity"]] == [
        "Hvordan søker jeg om barnehageplass?",
        "Når brøyter dere veien?",
    ]
    assert "</script>" not in faqpage.script(page).removesuffix("</script>")
    assert len(faqpage.for_body(node, "voss", "nb", NOW)["mainEntity"]) == 1
    assert len(faqpage.for_body(node, "bergen", "en", NOW)["mainEntity"]) == 1
    read_again = faqpage.read(json.dumps(page))
    assert read_again[1].answers == SNO.answers


def test_azure_export(tmp_path: Path) -> None:
    path = tmp_path / "qna.json"
    pair = {"id": 7, "answer": "Ja.", "source": "x", "questions": ["Går det?"], "metadata": {}}
    path.write_text(
        json.dumps({"metadata": {}, "assets": {"qnas": [pair, {"id": 8, "answer": "a"}]}})
    )
    assert formats.read(path) == [Entry(id="qna-7", questions=["Går det?"], answers={"nb": "Ja."})]


def test_a_table_groups_phrasings() -> None:
    text = (
        "\ufeffid;Question;answer;answer_nn\r\n"
        'sno;"Når brøyter dere?\nbrøyting";Snart;Snart nok\r\n'
        "sno;Snø i veien;;\r\n"
        ";Høner?;Ja;\r\n;Kan jeg ha høner?;Ja;\r\n"
    )
    assert table.read(text) == [
        Entry(
            id="sno",
            questions=["Når brøyter dere?", "brøyting", "Snø i veien"],
            answers={"nb": "Snart", "nn": "Snart nok"},
        ),
        Entry(id="honer", questions=["Høner?", "Kan jeg ha høner?"], answers={"nb": "Ja"}),
    ]


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("", "line 1"),
        ("question,svar\na,b", "line 1, column svar"),
        ("question,answer\na,", "line 2, field answers"),
        ("question,answer\n,b", "line 2, field question"),
    ],
)
def test_a_wrong_table_is_named(text: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        table.read(text)
    assert refusal.value.pointer == pointer


def test_files_by_their_ending(tmp_path: Path) -> None:
    for name, content in (("x.docx", b""), ("x.jsonl", b"\xff\xfe"), ("y.jsonl", b"{}")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Invalid) as refusal:
            formats.read(tmp_path / name)
        assert refusal.value.pointer.startswith(name)
    with pytest.raises(Invalid):
        formats.read(tmp_path / "borte.jsonl")
    (tmp_path / "z.jsonl").write_text(GOOD)
    assert msgspec.structs.replace(formats.read(tmp_path / "z.jsonl")[0], id="b").id == "b"


def test_ids_are_words_and_never_twice() -> None:
    ids = Ids()
    given_ids = [ids.of(text) for text in ("Når åpner Ærfuglen?", "når åpner ærfuglen", "???", "")]
    assert given_ids == ["nar-apner-aerfuglen", "nar-apner-aerfuglen-2", "entry", "entry-2"]
