"""The shapes that real exports come in, each read right, and at the size they come in."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest

from brains import rendering
from brains.formats import File, markdown
from brains.model import Source
from tests.brains.importing import asked, page_of, read, workbook, zipped

MANY = 400
# Other names and shapes for one question and its answer, in JSON-LD.
SAID = {
    "references": [
        {"@type": ["WebPage", "FAQPage"], "mainEntity": [{"@id": "#a"}, {"@id": "#b"}]},
        asked("Når?", "<p>Nå.</p>", **{"@id": "#a"}),
    ],
    "a list of items": [
        {
            "@type": "FAQPage",
            "mainEntity": {
                "@type": "ItemList",
                "itemListElement": [{"@type": "ListItem", "item": asked("Når?", "Nå.")}],
            },
        }
    ],
    "names with a prefix": [
        {
            "@type": "schema:FAQPage",
            "schema:mainEntity": {
                "@type": "schema:Question",
                "schema:name": "Når?",
                "schema:acceptedAnswer": {"schema:text": "Nå."},
            },
        }
    ],
    "names in full": [
        {
            "@type": ["http://schema.org/FAQPage"],
            "http://schema.org/mainEntity": [
                {
                    "@type": ["http://schema.org/Question"],
                    "http://schema.org/name": [{"@value": "Når?", "@language": "nb"}],
                    "http://schema.org/acceptedAnswer": [
                        {"http://schema.org/text": [{"@value": "Nå."}]}
                    ],
                }
            ],
        }
    ],
    "escaped twice": [{"@type": "FAQPage", "mainEntity": asked("Når?", "&lt;p&gt;Nå.&lt;/p&gt;")}],
}


@pytest.mark.parametrize("shape", SAID)
def test_json_ld_in_other_words_reads_the_same(shape: str) -> None:
    (row,) = read(page_of(*SAID[shape])).rows
    assert (row.entry.questions, row.entry.answers) == (["Når?"], {"nb": "Nå."})


@pytest.mark.parametrize(
    ("before", "after"),
    [("//<![CDATA[\n", "\n//]]>"), ("<!--\n", "\n-->"), ("/*<![CDATA[*/", "/*]]>*/")],
)
def test_what_pages_put_around_json_is_not_part_of_it(before: str, after: str) -> None:
    said = json.dumps({"@type": "FAQPage", "mainEntity": [asked("Når?", "Nå.")]})
    page = f"<script type=application/ld+json>{before}{said}{after}</script>"
    assert len(read(File("s.html", page.encode())).rows) == 1


def test_rdfa_reads_as_microdata_does() -> None:
    page = """<html lang="nn"><body vocab="https://schema.org/" typeof="FAQPage">
    <div property="mainEntity" typeof="Question"><h3 property="name">Når opnar de?</h3>
    <div rel="schema:acceptedAnswer" typeof="schema:Answer"><div property="text">
    <p>Klokka <b>ti</b>.</p></div></div></div></body></html>"""
    read_here = read(File("s.html", page.replace('rel="schema:', 'property="').encode()))
    (row,) = read_here.rows
    assert row.entry.questions == ["Når opnar de?"]
    assert row.entry.answers == {"nn": "Klokka **ti**."}


def test_a_page_that_a_browser_saved_as_one_file() -> None:
    page = """From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;
\ttype="text/html"; boundary="----x"\r\n\r\n------x\r\nContent-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://fjordvik.example/hjelp/faq\r\n
<html lang=3D"nb" itemscope itemtype=3D"https://schema.org/FAQPage"><div itemscope itemprop=3D"=
mainEntity" itemtype=3D"https://schema.org/Question"><b itemprop=3D"name">N=C3=A5r?</b>
<div itemscope itemprop=3D"acceptedAnswer"><p itemprop=3D"text">N=C3=A5, se <a href=3D"/x">her</a>.
</p></div></div></html>\r\n------x--\r\n"""
    (row,) = read(File("FAQ.mhtml", page.encode())).rows
    assert row.entry.questions == ["Når?"]
    assert row.entry.answers == {"nb": "Nå, se [her](https://fjordvik.example/x)."}


def test_a_page_in_the_encoding_it_names() -> None:
    said = {"@type": "FAQPage", "mainEntity": asked("Когда?", "Сейчас"), "inLanguage": "ru"}
    text = json.dumps(said, ensure_ascii=False)
    page = f'<meta charset="koi8-r"><script type="application/ld+json">{text}</script>'
    (row,) = read(File("s.html", page.encode("koi8-r"))).rows
    assert row.entry.answers == {"ru": "Сейчас"}


def test_a_saved_folder_is_read_past_what_lies_beside_the_page() -> None:
    page = page_of({"@type": "FAQPage", "mainEntity": asked("Når?", "Nå.")})
    beside = [
        File("side_files/ramme.html", b"<p>Hei</p>"),
        File("side_files/manifest.json", b"{}"),
        File("side_files/stil.css", b"p {}"),
    ]
    contents = read(zipped([page, *beside]))
    assert len(contents.rows) == 1
    assert "side_files/manifest.json" in contents.notes[0].text


def test_rich_answers_become_markdown_that_is_safe() -> None:
    told = markdown.from_html(
        "<h3>Pris</h3><p>Se <a href='/skjema?a=(1)'>skjema</a> <a href='javascript:x()'>nå</a>.</p>"
        "<ul><li>en<ol><li>a</li><li>b</li></ol></li><li><p>to</p><p>mer</p></li></ul>"
        "<table><tr><th>Alder</th><th>Pris</th></tr><tr><td>0-2 | 3</td><td><b>10</b></td></tr>"
        "</table><p>1. ikke liste, 2*3, a_b<br># ikke tittel</p><script>x()</script>",
        "https://fjordvik.example/faq",
    )
    assert told == (
        "### Pris\n\nSe [skjema](https://fjordvik.example/skjema?a=%281%29) nå.\n\n"
        "- en\n   1. a\n   2. b\n- to\n   mer\n\n"
        "| Alder | Pris |\n| --- | --- |\n| 0-2 \\| 3 | **10** |\n\n"
        "1\\. ikke liste, 2\\*3, a_b\n\\# ikke tittel"
    )
    shown = rendering.html(told)
    assert shown.count("<table>") == 1 and shown.count("<ol>") == 1 and "javascript" not in shown


def test_plain_answers_keep_their_lines_and_markdown_its_signs() -> None:
    assert markdown.from_html("Linje.\n\n- en\n- to") == "Linje.\n\n- en\n- to"
    mixed = "**Fet** <br>og <a href='https://x.example/a_b'>lenke</a> <https://y.example/c_d>"
    assert markdown.from_mixed(mixed) == (
        "**Fet**\nog [lenke](https://x.example/a_b) <https://y.example/c_d>"
    )
    assert markdown.from_mixed("<script>x()</script><b>ja</b>") == "**ja**"
    assert markdown.from_mixed("a < b og <ola>") == "a < b og <ola>"


def azure_pair(number: int) -> dict[str, object]:
    """A pair as the studio exports it."""
    return {
        "Id": number,
        "Answer": f"Svar **{number}**<br/>se <a href='https://fjordvik.example'>her</a>",
        "Source": "https://fjordvik.example/faq",
        "Questions": [f"Hva er sak {number}?", f"sak {number}"],
        "Metadata": {"category": "sak", "system_metadata_qna_edited_manually": "true"},
        "Dialog": {"IsContextOnly": False, "Prompts": [{"QnaId": 1, "DisplayText": "Mer"}]},
        "ActiveLearningSuggestions": [],
    }


def test_the_studios_export_in_capitals_zipped_with_what_it_puts_beside() -> None:
    pairs = [azure_pair(number) for number in range(1, MANY + 1)]
    export = {"Metadata": {"ProjectName": "Fjordvik", "Language": "nb"}, "Assets": {"Qnas": pairs}}
    beside = [File("Settings.tsv", b"Key\tValue\n"), File("Synonyms.tsv", b'Synonyms\n["a"]\n')]
    contents = read(zipped([File("Fjordvik.json", json.dumps(export).encode()), *beside]))
    assert len(contents.rows) == MANY
    first = contents.rows[0].entry
    assert (first.id, first.topic) == ("fjordvik-1", "sak")
    assert first.answers["nb"] == "Svar **1**\nse [her](https://fjordvik.example)"
    notes = " ".join(note.text for note in contents.notes)
    assert f"left out: {MANY}" in notes and "Synonyms.tsv" in notes


@pytest.mark.parametrize(
    "export",
    [
        {"qnaList": [{"id": 0, "answer": "A", "questions": ["Q"], "metadata": []}]},
        {"value": [{"answer": "A", "questions": ["Q"], "metadata": {"antall": 3}}]},
        {"qnaDocuments": [{"id": "", "answer": "A", "questions": ["Q"], "context": None}]},
    ],
)
def test_what_was_sent_to_and_listed_by_the_service(export: dict[str, object]) -> None:
    (row,) = read(File("kb.json", json.dumps(export).encode())).rows
    assert (row.entry.id, row.entry.answers) == ("q", {"nb": "A"})


def test_tables_of_qna_maker_with_four_columns_and_with_bare_quotes() -> None:
    old = "Question\tAnswer\tSource\tMetadata\nHvor?\tDer\tEditorial\tcategory:sted\n"
    (row,) = read(File("kb.tsv", old.encode())).rows
    assert row.entry.topic == "sted"
    bare = 'Question\tAnswer\tQnaId\n"Sted", hva er det?\t"Her" sa Kari\t1\n'
    (row,) = read(File("kb.tsv", bare.encode())).rows
    assert row.entry.questions == ['"Sted", hva er det?']


NLU = """version: "3.1"
nlu:
- intent: faq/apning
  examples: |
    # det folk spør om
    - når åpner [biblioteket]{"entity": "sted", "value": "bib"}?
    - når åpner dere
- lookup: sted
  examples: |
    - bibliotek
- intent: takk
  examples:
  - text: |
      tusen takk
rules:
- rule: høflighet
  steps:
  - or:
    - intent: takk
    - intent: hade
  - slot_was_set:
    - takket: true
  - action: utter_hyggelig
responses:
  utter_faq/apning:
  - text: We open at 10
    translation:
      nb: Vi åpner 10
  utter_hyggelig:
  - text: Hei fra Slack
    channel: slack
  - "Bare hyggelig"
"""


def test_rasa_with_translations_either_and_what_lies_in_a_project() -> None:
    beside = [
        File("bot/docker-compose.yml", b"a: &a {b: c}\nd: *a\n"),
        File("bot/config.yml", b"language: en\n"),
        File("bot/models/a.tar.gz", b"\x1f\x8b"),
    ]
    contents = read(zipped([File("bot/data/nlu.yml", NLU.encode()), *beside]))
    opening, thanks = (row.entry for row in contents.rows)
    assert opening.questions == ["når åpner biblioteket?", "når åpner dere"]
    assert opening.answers == {"en": "We open at 10", "nb": "Vi åpner 10"}
    assert thanks.answers == {"en": "Bare hyggelig"}
    assert "docker-compose.yml" in contents.notes[0].text


def intent_files(name: str, messages: list[object]) -> list[File]:
    """An intent of Dialogflow with one phrase."""
    intent = {"name": name, "contexts": None, "responses": [{"messages": messages}]}
    said = [{"data": [{"text": f"{name}?", "userDefined": False}], "isTemplate": False}]
    return [
        File(f"Bot/intents/{name}.json", json.dumps(intent).encode()),
        File(f"Bot/intents/{name}_usersays_no.json", json.dumps(said).encode()),
    ]


def test_dialogflow_answers_by_platform_and_what_is_null() -> None:
    spoken = {"type": "simple_response", "platform": "google", "lang": "no"}
    files = [
        File("Bot/agent.json", b'{"language": "no"}'),
        *intent_files("A", [spoken | {"textToSpeech": "Sagt", "displayText": "Vist"}]),
        *intent_files("B", [spoken | {"items": [{"textToSpeech": "Sagt", "displayText": ""}]}]),
        *intent_files("C", [{"type": 4, "payload": {}}, {"type": "0", "speech": [None, "Ja"]}]),
        *intent_files("D", [{"speech": "FB", "platform": "facebook"}, {"speech": ["Alle"]}]),
    ]
    told = {row.entry.id: row.entry.answers["nb"] for row in read(zipped(files)).rows}
    assert told == {"a": "Vist", "b": "Sagt", "c": "Ja", "d": "Alle"}


@pytest.mark.parametrize(
    ("head", "row", "questions", "answers"),
    [
        (
            "Kategori;Svar (bokmål);Spørsmål;Alternative spørsmål",
            'x;Ja;A?;"b|c; d"',
            4,
            {"nb": "Ja"},
        ),
        ("Spm.|Svar nn|ID", "A?|Jau|x", 1, {"nn": "Jau"}),
        ("Q,A", "A?,Ja", 1, {"nb": "Ja"}),
        ("Question\tAnswer\tLanguage\tLast updated", "A?\tJau\tnn\t2020", 1, {"nn": "Jau"}),
        ("Nynorsk;English;Spørsmål 1;Spørsmål 2", "Jau;Yes;A?;B?", 2, {"nn": "Jau", "en": "Yes"}),
        ("Sporsmal:;SVAR;Ansvarlig;URL", "A?;Ja;Kari;https://a.example", 1, {"nb": "Ja"}),
        ("Formuleringer;Svar_nb", '"A?\nB?";<p>Ja</p>', 2, {"nb": "Ja"}),
    ],
)
def test_headings_as_people_write_them(
    head: str, row: str, questions: int, answers: dict[str, str]
) -> None:
    (found,) = read(File("s.csv", f"\ufeffOversikt\n\n{head}\r\n{row}\n".encode())).rows
    assert len(found.entry.questions) == questions
    assert found.entry.answers == answers


def test_columns_that_are_passed_over_are_named() -> None:
    table = "Spørsmål;Svar;Sist endret;Ansvarlig;Kilde\nA?;Ja;2020;Kari;https://a.example/x\n"
    contents = read(File("s.csv", table.encode()))
    assert contents.rows[0].entry.sources == [Source("a.example", "https://a.example/x")]
    assert contents.notes[0].text == "Columns left out: Sist endret, Ansvarlig."


def test_what_an_older_mac_saved() -> None:
    contents = read(File("s.csv", "Spørsmål;Svar\nBåt på Ærøy?;Ja\n".encode("mac_roman")))
    assert contents.rows[0].entry.questions == ["Båt på Ærøy?"]
    assert "Mac OS Roman" in contents.notes[0].text


def test_a_workbook_with_hidden_rows_shares_and_areas_merged_across() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(
            workbook(
                {
                    "FAQ": [
                        [],
                        [None, "Spørsmål", "Svar", "Tema", "Sist endret"],
                        [None, "Hvor mye?", 0.25, None, None],
                        [None, "Skjult?", "Ja", None, None],
                        [None, "Felles?", "Samme", None, None],
                        [None, "Også felles?", None, None, None],
                        *([None, f"Sak {n}?", f"Svar {n}", "sak", None] for n in range(MANY)),
                    ]
                }
            ).data
        )
    )
    sheet = book["FAQ"]
    sheet["C3"].number_format = "0 %"
    sheet.row_dimensions[4].hidden = True
    sheet.merge_cells("C5:D6")
    buffer = io.BytesIO()
    book.save(buffer)
    contents = read(File("svar.xlsx", buffer.getvalue()))
    found = {row.entry.questions[0]: row.entry for row in contents.rows}
    assert len(found) == MANY + 2 and "Skjult?" not in found
    assert found["Hvor mye?"].answers == {"nb": "25 %"}
    assert found["Felles?"].questions == ["Felles?", "Også felles?"]
    assert found["Felles?"].topic == ""
    notes = [note.text for note in contents.notes]
    assert "Hidden rows, left out: 1." in notes and "Columns left out: Sist endret." in notes
