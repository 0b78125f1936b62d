"""Files in and out: real-shaped files of every system, round trips, and what content tells."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brains import formats, store
from brains.database import Database
from brains.errors import Invalid
from brains.formats import File, faqpage, jsonl, markdown
from brains.formats.ids import Ids
from brains.model import Entry, Fact, Source
from tests.brains.conftest import BARNEHAGE, NOW, SNO, Opener
from tests.brains.importing import agent, example, folder, read, workbook, zipped
from tests.fakes import FakeEncoder

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
            assert formats.read(formats.from_disk([path])).rows, path


def test_a_faqpage_in_a_web_page() -> None:
    contents = read(example("faq.html"))
    assert contents.format == "faqpage"
    first, second, third = (row.entry for row in contents.rows)
    assert first.id == "hvilken-dag-tommes-soppelet-hos-meg"
    assert first.answers["nb"].startswith(
        "Tømmedagen står i [tømmekalenderen](https://fjordvik.example/tommekalender)."
    )
    assert "\n- hageavfall\n" in second.answers["nb"]
    assert third.questions == ["Hvordan får jeg en ekstra dunk?"]
    assert [note.text for note in contents.notes] == [
        "Questions without words or answer, left out: 1."
    ]
    assert contents.rows[2].place == "faq.html, question 3"


def test_a_faqpage_in_microdata_reads_as_one_in_json() -> None:
    first, second = (row.entry for row in read(example("faq-microdata.html")).rows)
    assert first == Entry(
        id="korleis-les-eg-av-vassmalaren",
        questions=["Korleis les eg av vassmålaren?"],
        answers={
            "nn": "Du les av målaren **31. desember** og melder talet på "
            "[nettsida vår](https://bygdavatn.example/vatn).\n\n"
            "Har du ikkje målar, betaler du etter arealet."
        },
    )
    assert second.answers == {"nn": "Ring vakttelefonen, heile døgnet."}


def test_a_pasted_part_of_a_page_reads_too() -> None:
    page = example("faq.html").data.decode()
    start = page.index('<script type="application/ld+json">\n{\n')
    pasted = File("limt inn", page[start : page.index("</head>")].encode())
    assert len(read(pasted).rows) == 3


def test_what_we_write_as_a_faqpage_reads_again() -> None:
    page = {
        "@type": "FAQPage",
        "inLanguage": "nn-NO",
        "mainEntity": [
            {
                "@type": "Question",
                "name": "Er <b>det</b> slik?",
                "acceptedAnswer": [{"text": "<p>Ja {{ tre }}</p><script>x</script>"}],
            }
        ],
    }
    (row,) = read(File("side.json", json.dumps({"@graph": [page]}).encode())).rows
    assert row.entry.questions == ["Er det slik?"]
    assert row.entry.answers == {"nn": "Ja { { tre }}"}


def test_azure_question_answering() -> None:
    contents = read(example("azure.json"))
    first, second = (row.entry for row in contents.rows)
    assert contents.format == "azure"
    assert (first.id, first.topic, len(first.questions)) == ("fjordvik-faq-1", "skole", 3)
    assert first.sources == [Source("SFO i Fjordvik", "https://fjordvik.example/sfo")]
    assert second.sources == []
    assert "left out: 2" in contents.notes[0].text


def test_what_qna_maker_gave() -> None:
    (row,) = read(example("qnamaker.json")).rows
    assert (row.entry.id, row.entry.topic) == ("qna-11", "kontakt")


def test_azure_question_answering_as_a_table() -> None:
    contents = read(example("azure.tsv"))
    (row,) = contents.rows
    assert row.entry.id == "qna-21"
    assert row.entry.questions == ["Hvem har rett på TT-kort?", "søke om tt-kort"]
    assert "\n\nSøk hos kommunen." in row.entry.answers["nb"]
    assert row.entry.topic == "transport"
    assert "left out: 1" in contents.notes[0].text


@pytest.mark.parametrize("packed", [False, True], ids=["files", "zip"])
def test_a_rasa_project(packed: bool) -> None:
    files = [zipped(folder("rasa"))] if packed else folder("rasa")
    contents = read(*files)
    found = {row.entry.id: row.entry for row in contents.rows}
    assert contents.format == "rasa"
    assert list(found) == ["greet", "faq-barnehagefrist", "faq-barnehagepris", "spor-om-pris"]
    price = found["faq-barnehagepris"]
    assert price.questions[1:] == ["pris på barnehageplass i Fjordvik", "kva kostar heildagsplass?"]
    assert price.answers["nb"].startswith("Maksprisen")
    by_rule = found["spor-om-pris"].answers["nb"]
    assert by_rule.endswith("står i prislista.\n\nPrislista er på fjordvik.example/priser.")
    notes = " ".join(note.text for note in contents.notes)
    assert "{tjeneste}" in notes and "bestill_time" in notes


def test_a_dialogflow_agent() -> None:
    contents = read(agent())
    parking, library = (row.entry for row in contents.rows)
    assert contents.format == "dialogflow"
    assert library.title == "Åpningstider på biblioteket"
    assert set(library.questions) == {
        "library opening hours",
        "når åpner biblioteket?",
        "er biblioteket åpent på lørdag?",
    }
    assert library.answers["nb"] == (
        "Biblioteket er åpent mandag til lørdag klokka 10 til 16.\n\n"
        "Med lånekort kan du komme inn mellom klokka 7 og 23."
    )
    assert library.answers["en"].startswith("The library is open")
    assert parking.title == ""
    notes = " ".join(note.text for note in contents.notes)
    assert "sone" in notes and "faq.parkering - yes" in notes and "Fallback" in notes


def test_a_table_with_norwegian_headings_groups_phrasings() -> None:
    dogs, animals = (row.entry for row in read(example("svar.csv")).rows)
    assert dogs.id == "hund-band"
    assert dogs.questions == ["Er det båndtvang nå?", "kan hunden gå løs"]
    assert dogs.answers["nn"] == "Bandtvangen gjeld frå 1. april til 20. august."
    assert dogs.sources == [Source("lovdata.no", "https://lovdata.no/lov/2003-07-04-74")]
    assert animals.questions == ["Hvor melder jeg et løst dyr?", "mistet katten"]


def test_a_table_in_an_old_encoding_is_read_and_said() -> None:
    data = example("svar.csv").data.decode().encode("cp1252")
    contents = read(File("gammel.csv", data))
    assert contents.rows[0].entry.questions[0] == "Er det båndtvang nå?"
    assert "Windows-1252" in contents.notes[0].text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_marked_encodings_are_read(encoding: str) -> None:
    data = example("svar.csv").data.decode().encode(encoding)
    assert read(File("svar.csv", data)).rows[0].entry.questions[0] == "Er det båndtvang nå?"


def test_a_workbook_with_sheets_merged_cells_dates_and_numbers() -> None:
    contents = read(workbook())
    found = {row.entry.id: row.entry for row in contents.rows}
    assert contents.format == "excel"
    assert found["nar-starter-barnehagearet"].questions == [
        "Når starter barnehageåret?",
        "barnehagestart",
        "Når begynner barna i barnehagen?",
    ]
    assert found["nar-er-fristen"].answers == {"nb": "2026-03-01"}
    assert found["feiegebyr"].answers == {"nb": "412", "en": "412"}
    assert found["2026"].answers["en"] == "12.5"
    assert contents.rows[0].place == "svar.xlsx, sheet Barnehage, row 4"
    assert "“Les meg”, “Lister”" in contents.notes[0].text


def test_our_own_lines() -> None:
    first, second = (row.entry for row in read(example("svar.jsonl")).rows)
    assert first.sources[0].title == "Bufdir" and second.status == "draft"


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("faq.html", "faqpage"),
        ("azure.json", "azure"),
        ("svar.csv", "table"),
        ("azure.tsv", "table"),
        ("svar.jsonl", "jsonl"),
    ],
)
def test_content_tells_where_the_name_does_not(name: str, format: str) -> None:
    assert read(File("fil", example(name).data)).format == format
    if format != "jsonl":
        assert read(File("fil.txt", example(name).data)).format == format


def test_a_workbook_and_a_project_are_told_by_content_too() -> None:
    assert read(File("fil", workbook().data)).format == "excel"
    assert read(File("fil.zip", agent().data)).format == "dialogflow"


def test_several_files_are_one_upload() -> None:
    contents = read(example("svar.csv"), example("faq.html"), zipped([example("azure.json")]))
    assert contents.format == "several"
    assert len(contents.rows) == 7


def test_files_on_disk(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        formats.from_disk([tmp_path / "borte.jsonl"])
    (tmp_path / "a.jsonl").write_text('{"id":"a","questions":["q"],"answers":{"nb":"x"}}')
    assert formats.from_disk([tmp_path / "a.jsonl"])[0].name == "a.jsonl"


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
    again = read(File("side.jsonld", json.dumps(page).encode()))
    assert again.rows[1].entry.answers == SNO.answers


def test_ids_are_words_and_never_twice() -> None:
    ids = Ids()
    given_ids = [ids.of(text) for text in ("Når åpner Ærfuglen?", "når åpner ærfuglen", "???", "")]
    assert given_ids == ["nar-apner-aerfuglen", "nar-apner-aerfuglen-2", "entry", "entry-2"]
