"""Files made to do harm: each is refused with a place, or read as if nothing had been tried."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from brains.errors import Invalid
from brains.formats import File
from tests.brains.importing import read, workbook, zipped

ROW = "spørsmål,svar\n%s,Ja.\n"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">%s]>'


def sheet_with(doctype: str, text: str) -> File:
    """A workbook whose sheet begins with a document type, and has a text from it."""
    plain = workbook({"A": [["spørsmål", "svar"], ["Når?", "Nå."]]})
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain.data)) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                data = (doctype + data).replace("Nå.", text)
            new.writestr(name, data)
    return File("s.xlsx", buffer.getvalue())


@pytest.mark.parametrize(
    "file",
    [
        sheet_with(ENTITIES % "", "&b;"),
        sheet_with(ENTITIES % '<!ENTITY f SYSTEM "file:///etc/hostname">', "&f;"),
    ],
    ids=["entities", "a file"],
)
def test_a_workbook_that_refers_outside_or_multiplies(file: File) -> None:
    with pytest.raises(Invalid, match=r"s\.xlsx: It cannot be read as an Excel workbook"):
        read(file)


def test_a_page_keeps_its_entities_as_words() -> None:
    page = (
        '<!DOCTYPE html [<!ENTITY f SYSTEM "file:///etc/hostname">]><html><dl itemscope '
        'itemtype="https://schema.org/Question"><dt itemprop="name">Når?</dt>'
        '<dd itemprop="acceptedAnswer" itemscope>Nå &f;</dd></dl></html>'
    )
    (row,) = read(File("s.xhtml", page.encode())).rows
    assert row.entry.answers == {"nb": "Nå &f;"}


def test_names_in_an_archive_lead_nowhere() -> None:
    names = ["../../../etc/svar.csv", "C:\\Windows\\svar.csv", "/svar.csv"]
    files = [File(name, (ROW % f"Når {number}?").encode()) for number, name in enumerate(names)]
    places = [row.place for row in read(zipped(files)).rows]
    assert places[0] == "arkiv.zip, ../../../etc/svar.csv, line 2"
    assert len(places) == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nlu: &n\n- *n\n", 2),
        ("x: &x {intent: a}\nnlu:\n- <<: *x\n", 3),
        ("? [a, b]\n: c\nnlu: []\n", 1),
        ("nlu:\n- ? {a: b}\n  : c\n", 2),
    ],
    ids=["an anchor in itself", "a merge", "a key that is a list", "a key that is an object"],
)
def test_yaml_that_is_more_than_texts(text: str, line: int) -> None:
    with pytest.raises(Invalid) as refusal:
        read(File("nlu.yml", text.encode()))
    assert refusal.value.problems[0].pointer == f"nlu.yml, line {line}"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        (
            "s.jsonl",
            '{"id":"a","questions":["q"],"answers":{"nb":"x","nb":"y"}}',
            "s.jsonl, line 1",
        ),
        ("s.json", '{"qnaList":[{"id":1,"answer":"a","answer":"b","questions":["q"]}]}', "s.json"),
        (
            "s.json",
            '{"@type":"Question","name":"q","name":"r","acceptedAnswer":{"text":"a"}}',
            "s.json",
        ),
    ],
)
def test_a_name_that_says_two_things_is_not_chosen_between(
    name: str, text: str, place: str
) -> None:
    with pytest.raises(Invalid, match=r"is there twice\. Keep one") as refusal:
        read(File(name, text.encode()))
    assert refusal.value.problems[0].pointer == place


def test_a_file_sent_twice_has_its_ids_twice() -> None:
    file = File("s.csv", b"id,question,answer\na,q,x\n")
    with pytest.raises(Invalid, match=r"The same id is in s\.csv, line 2"):
        read(file, file)


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e\u202c", "\ufeff\u00ad", "\u2060"])
def test_a_question_that_nobody_can_see_is_empty(unseen: str) -> None:
    with pytest.raises(Invalid, match="The question is empty"):
        read(File("s.csv", (ROW % f"{unseen}").encode()))


def test_properties_inside_one_another_keep_what_is_in_them_only_so_often() -> None:
    inside = '<b itemprop="text">' * 150 + "x" * 1_000_000
    page = f'<div itemscope itemtype="https://schema.org/Question">{inside}'
    with pytest.raises(Invalid, match=r"no schema\.org FAQPage"):
        read(File("s.html", page.encode()))


def test_a_thousand_columns_of_json_are_named_in_a_note_and_no_more() -> None:
    row = {"question": "q", "answer": "a", **{f"felt {number}": number for number in range(1000)}}
    contents = read(File("s.json", json.dumps([row]).encode()))
    assert len(contents.rows) == 1
    assert contents.notes[0].text.startswith("Columns left out: felt 0, felt 1")
    assert len(contents.notes[0].text) < 3000
