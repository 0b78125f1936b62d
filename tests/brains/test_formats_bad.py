"""Ten kinds of bad input for every format: each ends in a clear refusal that says where.

A case is the files sent and the pointer of a problem that must be among those
raised. Nothing may end in any other error.
"""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brains import formats
from brains.errors import Invalid
from brains.formats import File, files, findings
from tests.brains.importing import agent, example, folder, read, workbook, zipped

Case = tuple[list[File], str]
Cases = dict[str, Case]

LONG = "x" * 10_001
# Of the processor, a hundred times what the slowest needs: what grows without end takes more.
WORK_SECONDS_MAX = 10
DEEP = "[" * 100_000


def jsonl(text: str | bytes, pointer: str) -> Case:
    return [File("s.jsonl", _bytes(text))], pointer


def html(text: str | bytes, pointer: str) -> Case:
    return [File("s.html", _bytes(text))], pointer


def json_file(value: object, pointer: str) -> Case:
    data = _bytes(value if isinstance(value, str | bytes) else json.dumps(value))
    return [File("s.json", data)], pointer


def csv(text: str | bytes, pointer: str) -> Case:
    return [File("s.csv", _bytes(text))], pointer


def rasa(text: str | bytes, pointer: str) -> Case:
    return [File("nlu.yml", _bytes(text)), example("rasa/domain.yml")], pointer


def sheet(*rows: list[object], pointer: str) -> Case:
    return [workbook({"Ark1": [list(row) for row in rows]}, "s.xlsx")], pointer


def intent(value: object, pointer: str, says: object = None) -> Case:
    said = [{"data": [{"text": "hei"}]}] if says is None else says
    members = [
        File("agent.json", b'{"language": "no"}'),
        File("intents/A.json", _bytes(value)),
        File("intents/A_usersays_no.json", _bytes(said)),
    ]
    return [zipped(members, "s.zip")], pointer


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def changed(file: File, how: Callable[[bytes], bytes]) -> File:
    return File(file.name, how(file.data))


def with_member(file: File, name: str, how: Callable[[str], str]) -> File:
    """A workbook or archive with one of its files changed."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file.data)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            data = old.read(member)
            new.writestr(member, how(data.decode()) if member == name else data)
    return File(file.name, buffer.getvalue())


def bomb(name: str, member: str) -> File:
    """An archive of some hundred kilobytes that unpacks to more than the limit."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml" if member.startswith("xl/") else "les.txt", "x")
        with archive.open(member, "w", force_zip64=True) as stream:
            for _ in range(files.UNPACKED_BYTES_MAX // 2**20 + 1):
                stream.write(bytes(2**20))
    return File(name, buffer.getvalue())


def lying_bomb() -> File:
    """A bomb whose directory says that it is small."""
    file = bomb("s.zip", "intents/A.json")
    data = bytearray(file.data)
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 10)
    return File("s.zip", bytes(data))


GOOD = '{"id":"a","questions":["q"],"answers":{"nb":"x"}}'
JSONL: Cases = {
    "an unknown field": jsonl(
        f"{GOOD}\n" + GOOD.replace('"id"', '"titel":"","id"'), "line 2, field titel"
    ),
    "a field is missing": jsonl('{"id":"a","questions":["q"]}', "line 1, field answers"),
    "a wrong type": jsonl(GOOD.replace('["q"]', '["q",3]'), "line 1, field questions[1]"),
    "a doubled id": jsonl(f"{GOOD}\n\n{GOOD}", "line 3, field id"),
    "truncated": jsonl(f"{GOOD}\n" + '{"id":"b","quest', "line 2"),
    "no object": jsonl("[1]", "line 1"),
    "a template of another language": jsonl(
        GOOD.replace('"x"', '"{{ x }}"'), "line 1, field answers.nb"
    ),
    "a huge answer": jsonl(GOOD.replace('"x"', f'"{LONG}"'), "line 1, field answers.nb"),
    "a lone surrogate": jsonl(GOOD.replace('"q"', r'"\ud800"'), "line 1"),
    "NUL": jsonl(GOOD.replace("q", "\0"), "line 1"),
    "NUL, escaped": jsonl(GOOD.replace('"q"', r'"a\u0000"'), "line 1, field questions[0]"),
    "another encoding": jsonl(f"{GOOD}\n".encode() + "å".encode("cp1252"), "line 2"),
    "nothing": jsonl(" \n\n", ""),
    "nested without end": jsonl(DEEP, "line 1"),
    "a date without zone": jsonl(
        GOOD.replace('"id"', '"valid_from":"2026-01-01T00:00:00","id"'), "line 1, field valid_from"
    ),
    "an address that is none": jsonl(
        GOOD.replace('"id"', '"sources":[{"title":"t","url":"javascript:x"}],"id"'),
        "line 1, field sources[0].url",
    ),
}

FAQ = {
    "@type": "FAQPage",
    "mainEntity": [{"@type": "Question", "name": "q?", "acceptedAnswer": {"text": "a"}}],
}
FAQ_TEXT = json.dumps(FAQ)
SCRIPT = '<html><script type="application/ld+json">%s</script></html>'
FAQPAGE: Cases = {
    "a page without one": html("<html><p>Hei</p></html>", ""),
    "JSON of something else": json_file({"@type": "Recipe"}, ""),
    "no questions in it": json_file({"@type": "FAQPage", "mainEntity": []}, ""),
    "questions without answers": json_file(
        {"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "q"}]}, ""
    ),
    "truncated JSON": json_file(FAQ_TEXT[:-9], "line 1, column"),
    "truncated page": html(SCRIPT.partition("%")[0] + FAQ_TEXT[:50], ""),
    "broken JSON in a page": html(SCRIPT % FAQ_TEXT.replace('"text"', "text"), "line 1, column"),
    "a huge answer": json_file(
        FAQ_TEXT.replace('"a"', f'"{LONG}"'), "question 1, field answers.nb"
    ),
    "a huge question": json_file(
        FAQ_TEXT.replace("q?", "q" * 501), "question 1, field questions[0]"
    ),
    "a lone surrogate": json_file(FAQ_TEXT.replace("q?", r"\udc80"), ""),
    "NUL": html(SCRIPT % FAQ_TEXT.replace("q?", "\0"), "line 1"),
    "nested without end": json_file(DEEP, ""),
    "only markup": json_file(FAQ_TEXT.replace('"a"', '"<script>x</script>"'), ""),
    "text everywhere": json_file({"@type": "FAQPage", "mainEntity": "q", "name": 7}, ""),
    "nothing": html("", ""),
    "elements nested without end": html("<div itemscope>" * 50_000, ""),
    "an unknown encoding": html(b"<html>\x81\x8d", "line 1"),
    "a comma after the last one": html(
        "<html>\n" + SCRIPT % FAQ_TEXT.replace("}]}", "},]}"), "line 2, column"
    ),
    "only an address": ([File("limt inn", b"https://fjordvik.example/faq")], ""),
    "references that lead nowhere": json_file(
        {"@type": "FAQPage", "mainEntity": [{"@id": "#a"}, {"@id": "#b"}]}, ""
    ),
    "references in a ring": json_file(
        {
            "@graph": [
                {"@type": "FAQPage", "@id": "a", "mainEntity": [{"@id": "b"}]},
                {"@id": "b", "mainEntity": [{"@id": "b"}, {"@id": "a"}]},
            ]
        },
        "",
    ),
    "comments that never end": html("<html>" + "<!--" * 50_000, ""),
    "a declaration that is none": html("<html><![x" * 1000, ""),
    "lists without end": json_file(FAQ_TEXT.replace('"a"', '"%s"' % ("<ul><li>x" * 10_000)), ""),
    "a page of many megabytes": html("<p>" * (4 * 1024 * 1024), ""),
}

QNA = {"id": 1, "answer": "a", "questions": ["q"]}


def azure(*pairs: object) -> dict[str, object]:
    return {"metadata": {}, "assets": {"qnas": list(pairs)}}


AZURE: Cases = {
    "no pairs": json_file(azure(), ""),
    "pairs that are no list": json_file({"assets": {"qnas": {"1": QNA}}}, ""),
    "an answer is missing": json_file(
        azure(QNA, {"id": 2, "questions": ["q"]}), "qna 2, field answer"
    ),
    "an answer is a number": json_file(azure(QNA | {"answer": 7}), "qna 1, field answer"),
    "an empty answer": json_file(azure(QNA | {"answer": " "}), "qna 1, field answers.nb"),
    "questions are no list": json_file(azure(QNA | {"questions": "q"}), "qna 1, field questions"),
    "a doubled id": json_file(azure(QNA, QNA | {"questions": ["b"]}), "qna 2, field id"),
    "an id that is none": json_file(azure(QNA | {"id": "a b?"}), "qna 1, field id"),
    "only follow-ups": json_file(azure(QNA | {"questions": []}), ""),
    "a huge answer": json_file(azure(QNA | {"answer": LONG}), "qna 1, field answers.nb"),
    "a huge question": json_file(
        azure(QNA | {"questions": ["q" * 501]}), "qna 1, field questions[0]"
    ),
    "truncated": json_file(json.dumps(azure(QNA))[:-12], "line 1, column"),
    "a lone surrogate": json_file(json.dumps(azure(QNA)).replace('"q"', r'"\ud83d"'), ""),
    "NUL": json_file(json.dumps(azure(QNA)).replace("q", "\0"), "line 1"),
    "pairs that are texts": json_file(azure("q", "a"), "qna 2"),
    "nothing": json_file("", ""),
    "questions that are numbers": json_file(
        azure(QNA | {"questions": ["q", 7]}), "qna 1, field questions[1]"
    ),
    "capitals and an answer missing": json_file(
        {"Assets": {"Qnas": [{"Id": 1, "Questions": ["q"]}]}}, "qna 1, field answer"
    ),
    "a comma after the last one": json_file(
        json.dumps(azure(QNA)).replace("}]}", "},]}"), "line 1, column"
    ),
}

NLU = "nlu:\n- intent: faq/x\n  examples: |\n    - q\nresponses:\n  utter_faq/x:\n  - text: a\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
RASA: Cases = {
    "aliases that multiply": rasa(f"nlu:\n{BOMB}", ""),
    "an alias": rasa("nlu: &x []\nrules: *x\n", "line 2"),
    "a tag that runs code": rasa("nlu: !!python/object/apply:os.system ['true']\n", ""),
    "not YAML": rasa("nlu:\n- intent: a\n   examples: |\n  - b: [", "line 3"),
    "truncated": rasa(NLU.replace("- q", "- q\n- intent: 'faq/y"), "line"),
    "a tab": rasa("nlu:\n\t- intent: a\n", "line 2"),
    "no examples": rasa("nlu:\n- intent: faq/x\n", "line 2, field examples"),
    "no intents": rasa("version: '3.1'\nrules: []\n", ""),
    "no responses": ([File("nlu.yml", _bytes(NLU.partition("responses")[0]))], ""),
    "a doubled response": rasa(NLU + "  utter_faq/x:\n  - text: b\n", "line 8"),
    "the same response in two files": (
        [File("a.yml", _bytes(NLU)), File("b.yml", _bytes(NLU[NLU.index("responses") :]))],
        "line 3",
    ),
    "a response that is no list": rasa(
        NLU.replace("\n  - text: a", " a"), "line 6, field utter_faq/x"
    ),
    "a huge example": rasa(NLU.replace("- q", "- " + "q" * 501), "line 2, field questions[0]"),
    "nested without end": rasa("nlu: " + DEEP, "line 1"),
    "NUL": rasa(NLU.replace("- q", "- \0"), "line 4"),
    "a lone surrogate": rasa(NLU.replace("text: a", r'text: "\ud800"'), ""),
    "two documents": rasa(f"{NLU}---\n{NLU}", "line"),
    "another encoding": rasa(NLU.encode() + "# å".encode("cp1252"), "line 8"),
    "nothing": ([File("nlu.yml", b"")], ""),
    "a text with a colon": rasa(NLU.replace("text: a", "text: a: b"), "line 7, column"),
    "Markdown of Rasa 1": ([File("nlu.md", b"## intent:snow\n- q\n")], ""),
    "Markdown of Rasa 1 in a project": (
        [zipped([File("data/nlu.md", b"## intent:snow\n- q\n"), example("rasa/domain.yml")])],
        "data/nlu.md",
    ),
    "JSON of Rasa 1": json_file({"rasa_nlu_data": {"common_examples": []}}, ""),
}

MESSAGE = {"type": "0", "lang": "no", "speech": ["a"]}
INTENT = {"name": "A", "responses": [{"messages": [MESSAGE]}]}
DIALOGFLOW: Cases = {
    "not JSON": intent("{'name'", "intents/A.json"),
    "a list where an intent belongs": intent([INTENT], "intents/A.json"),
    "no name": intent({"responses": []}, "intents/A.json"),
    "a message of another shape": intent(
        INTENT | {"responses": [{"messages": [{"speech": {}}]}]}, "intents/A.json"
    ),
    "phrases of another shape": intent(INTENT, "intents/A_usersays_no.json", {"data": "hei"}),
    "no answers": intent(INTENT | {"responses": []}, "agent.json"),
    "no phrases": intent(INTENT, "agent.json", []),
    "a huge phrase": intent(
        INTENT, "intents/A.json, field questions[0]", [{"data": [{"text": "q" * 501}]}]
    ),
    "a huge answer": intent(
        json.dumps(INTENT).replace('"a"', f'"{LONG}"'), "intents/A.json, field answers.nb"
    ),
    "a lone surrogate": intent(json.dumps(INTENT).replace('"a"', r'"\ud800"'), "intents/A.json"),
    "NUL": intent(json.dumps(INTENT).replace('"a"', '"\0"'), "intents/A.json, line 1"),
    "truncated archive": ([changed(agent(), lambda data: data[:-40])], ""),
    "damaged archive": ([changed(agent(), lambda data: data[:60] + b"\xff" * 60 + data[120:])], ""),
    "an empty archive": ([zipped([], "s.zip")], ""),
    "a bomb": ([bomb("s.zip", "intents/A.json")], ""),
    "a bomb that lies": ([lying_bomb()], ""),
    "archives in an archive": ([zipped([agent()], "s.zip")], ""),
    "a CX agent": (
        [zipped([File("agent.json", b"{}"), File("flows/Default/Default.json", b"{}")])],
        "",
    ),
    "nothing that we read": (
        [zipped([File("../../etc/passwd", b"root"), File("a.exe", b"MZ")])],
        "",
    ),
    "a number where a phrase belongs": intent(
        INTENT, "intents/A_usersays_no.json, field [0].data[0].text", [{"data": [{"text": 7}]}]
    ),
    "one file of an agent": json_file(INTENT | {"fallbackIntent": False}, ""),
    "a CX agent as JSON": json_file({"agent": {}, "flows": []}, ""),
}

HEAD = "question,answer\n"
TABLE: Cases = {
    "no header": csv("Hvor?,Der.\nNår?,Nå.\n", "line 1"),
    "an unknown column": csv("question,answer,svarr_nn\na,b,c\n", "line 1, column svarr_nn"),
    "two such columns": csv("question,answer,svar\na,b,c\n", "line 1, column svar"),
    "no answer column": csv("question,id\na,b\n", "line 1"),
    "an empty question": csv(f"{HEAD},b\n", "line 2, column question"),
    "an empty answer": csv(f"{HEAD}a,\n", "line 2, column answer"),
    "an empty answer in Norwegian": csv(
        "spørsmål;svar nynorsk\na;\n", "line 2, column svar nynorsk"
    ),
    "a question without id or answer": csv(
        "id,question,answer\na,b,c\n,d,\n", "line 3, column answer"
    ),
    "two answers for an id": csv("id,question,answer\na,b,c\na,d,e\n", "line 3, column answer"),
    "too many cells": csv(f"{HEAD}a,b,c\n", "line 2"),
    "an open quote": csv(f'{HEAD}a,b\nc,"d\n', "line 3"),
    "a quote inside": csv(f'{HEAD}"a"b,c\n', "line 2"),
    "an id that is none": csv("id,question,answer\nå b?,c,d\n", "line 2, column id"),
    "a source that is none": csv(
        "question,answer,kilde\na,b,htps:/lovdata\n", "line 2, column kilde"
    ),
    "a huge question": csv(f"{HEAD}{'q' * 501},b\n", "line 2, column question"),
    "a huge cell": csv(f"{HEAD}a,{'b' * 200_001}\n", "line 2"),
    "a template in an answer": csv(f"{HEAD}a,b\nc,{LONG}\n", "line 3, column answer"),
    "NUL": csv(f"{HEAD}a,\0\n", "line 2"),
    "an unknown encoding": csv(HEAD.encode() + b"\x81\x8d,b\n", "line 2"),
    "UTF-16 without a mark": csv(HEAD.encode("utf-16-le"), "line 1"),
    "only a header": csv(HEAD, ""),
    "nothing": csv("\ufeff\r\n", ""),
    "too many rows": csv(HEAD + "a,b\n" * 100_001, ""),
    "too many columns": csv(f"{HEAD}{'a,' * 500}\n", "line 2"),
    "endless commas": csv("," * 1_000_000, ""),
    "a language that is none": csv("question,svar (klingonsk123)\na,b\n", "line 1"),
    "an empty answer that has a name": csv("id,question,answer\nx,a,\n", "line 2, column answer"),
}

XLSX = workbook(name="s.xlsx")
SHEET = "xl/worksheets/sheet2.xml"
EXCEL: Cases = {
    "no header": sheet(["Hvor?", "Der."], pointer=""),
    "an unknown column": sheet(
        ["question", "answer", "svarr"], ["a", "b", "c"], pointer="sheet Ark1, row 1, column svarr"
    ),
    "an empty question": sheet(
        ["question", "answer"], [None, "b"], pointer="sheet Ark1, row 2, column question"
    ),
    "an empty answer": sheet(
        ["tema", "spørsmål", "svar"], [], ["x", "a"], pointer="sheet Ark1, row 3, column svar"
    ),
    "a doubled id": sheet(
        ["id", "question", "answer"],
        [1, "b", "c"],
        [1, "d", "e"],
        pointer="sheet Ark1, row 3, column answer",
    ),
    "a cell without a heading": sheet(
        ["question", "answer"], ["a", "b", "c"], pointer="sheet Ark1, row 2"
    ),
    "a formula gone wrong": sheet(
        ["question", "answer"], ["a", "#REF!"], pointer="sheet Ark1, row 2"
    ),
    "a huge cell": sheet(
        ["question", "answer"], ["a", LONG], pointer="sheet Ark1, row 2, column answer"
    ),
    "an empty workbook": sheet(pointer=""),
    "truncated": ([changed(XLSX, lambda data: data[: len(data) // 2])], ""),
    "damaged": ([changed(XLSX, lambda data: data[:300] + b"\0" * 300 + data[600:])], ""),
    "markup that never ends": ([with_member(XLSX, SHEET, lambda text: text[:400])], ""),
    "entities that multiply": (
        [
            with_member(
                XLSX,
                SHEET,
                lambda text: (
                    '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
                    + text.partition("?>")[2].replace("<v>", "<v>&c;", 1)
                ),
            )
        ],
        "",
    ),
    "a bomb": ([bomb("s.xlsx", "xl/worksheets/sheet1.xml")], ""),
    "the old format": ([File("s.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500))], ""),
    "text under that name": ([File("s.xlsx", b"PK\x03\x04 hei")], ""),
    "a merge of everything": (
        [
            with_member(
                XLSX,
                SHEET,
                lambda text: text.replace(
                    "</worksheet>", '<mergeCell ref="A1:XFD1048576"/></worksheet>'
                ).replace("15. august.", ""),
            )
        ],
        "",
    ),
    "nothing": ([File("s.xlsx", b"")], ""),
    "a formula that was never calculated": sheet(
        ["question", "answer"], ["a", "=1+1"], pointer="sheet Ark1, row 2"
    ),
    "LibreOffice's format": ([zipped([File("content.xml", b"<x/>")], "s.ods")], ""),
    "Excel's binary format": ([zipped([File("xl/workbook.bin", b"x")], "s.xlsb")], ""),
    "a web page called a workbook": ([File("s.xls", b"<html><table></table></html>")], ""),
    "XML of old Excel": ([File("s.xls", b'<?xml version="1.0"?><Workbook></Workbook>')], ""),
}

ALL = {
    "jsonl": JSONL,
    "faqpage": FAQPAGE,
    "azure": AZURE,
    "rasa": RASA,
    "dialogflow": DIALOGFLOW,
    "table": TABLE,
    "excel": EXCEL,
}


@pytest.mark.parametrize(
    ("format", "what"),
    [(format, what) for format, cases in ALL.items() for what in cases],
    ids=str,
)
def test_bad_input_is_refused_and_its_place_said(format: str, what: str) -> None:
    sent, pointer = ALL[format][what]
    began = time.thread_time()
    with pytest.raises(Invalid) as refusal:
        read(*sent)
    assert time.thread_time() - began < WORK_SECONDS_MAX
    problems = refusal.value.problems
    assert all(problem.text.endswith((".", "…")) for problem in problems), problems
    assert any(
        problem.pointer.startswith(sent_file.name) for problem in problems for sent_file in sent
    )
    assert any(pointer in problem.pointer for problem in problems), problems


def test_every_format_has_ten_kinds_of_bad_input() -> None:
    assert set(ALL) == set(formats.FORMATS)
    assert all(len(cases) >= 10 for cases in ALL.values())


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("brev.docx", zipped([File("word/document.xml", b"<w/>")]).data, "nothing in the archive"),
        ("rapport.pdf", b"%PDF-1.7 ...", "a PDF"),
        ("bilde.csv", b"\x89PNG\r\n\x1a\n", "a picture"),
        ("notat.txt", b"Hei! Her er svarene.", "header row"),
        ("program", b"MZ\x90\x00\x03" * 20, "nothing that we can read"),
        ("svar.docx.txt", b"{\\rtf1 hei}", "a text document"),
    ],
)
def test_what_is_nothing_we_read_is_told_what_is(name: str, data: bytes, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        read(File(name, data))


def test_everything_wrong_is_said_at_once_up_to_a_limit() -> None:
    rows = "".join(f"spm {number},\n" for number in range(findings.PROBLEMS_MAX + 37))
    with pytest.raises(Invalid) as refusal:
        read(File("s.csv", (HEAD + rows).encode()))
    problems = refusal.value.problems
    assert len(problems) == findings.PROBLEMS_MAX + 1
    assert problems[-1].text == "And 37 more."


def test_an_id_in_two_files_is_one_too_many() -> None:
    file = File("b.jsonl", GOOD.encode())
    with pytest.raises(
        Invalid, match=r"b\.jsonl, line 1, field id: The same id is in a\.jsonl, line 1"
    ):
        read(File("a.jsonl", GOOD.encode()), file)


def test_many_files_belong_into_an_archive() -> None:
    with pytest.raises(Invalid, match="a zip of them"):
        read(*[File(f"{number}.jsonl", GOOD.encode()) for number in range(51)])


_seeds = [
    example("faq.html"),
    example("azure.json"),
    example("svar.csv"),
    example("azure.tsv"),
    *folder("rasa"),
    agent(),
    XLSX,
]


@given(st.sampled_from(_seeds), st.data())
@settings(max_examples=150)
def test_a_file_damaged_anywhere_reads_or_is_refused(file: File, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(file.data) - 1))
    put = data.draw(st.binary(max_size=8))
    cut = data.draw(st.integers(0, 40))
    try:
        read(File(file.name, file.data[:at] + put + file.data[at + cut :]))
    except Invalid as refusal:
        assert refusal.problems
