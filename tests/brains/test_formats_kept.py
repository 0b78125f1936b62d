"""What files on the web and in people's folders have, and what is said to be left out of them.

The shapes are those of real files; the words are made up.
"""

from __future__ import annotations

import json

import pytest

from brains.errors import Invalid
from brains.formats import Contents, File
from brains.model import Source
from tests.brains.importing import asked, page_of, read, workbook, zipped


def said(contents: Contents) -> dict[str, dict[str, str]]:
    """The answers by the first phrasing of each entry."""
    return {row.entry.questions[0]: row.entry.answers for row in contents.rows}


def noted(contents: Contents) -> list[str]:
    return [note.text for note in contents.notes]


def html(body: str, lang: str = "nb") -> File:
    return File("s.html", f'<html lang="{lang}"><body>{body}</body></html>'.encode())


def of_json(value: object) -> File:
    return File("s.json", json.dumps(value).encode())


FAQ = '<div itemscope itemtype="https://schema.org/FAQPage">%s</div>'
ASKED = '<div itemscope itemprop="mainEntity" itemtype="https://schema.org/Question">%s</div>'
SAID = '<div itemscope itemprop="acceptedAnswer" itemtype="https://schema.org/Answer">%s</div>'


@pytest.mark.parametrize(
    "page",
    [
        FAQ % ASKED % ('<h3 itemprop="name">Når?</h3>' + SAID % '<p itemprop="text">Nå.</p>'),
        FAQ % ASKED % ('<h3 itemprop="name">Når?</h3>' + SAID % "<p>Nå.</p>"),
        FAQ % ASKED % ('<meta itemprop="name" content="Når?">' + SAID % "<p>Nå.</p>"),
        FAQ
        % ASKED
        % (
            '<button itemprop="name">Når? <span aria-hidden="true">+</span><svg><title>Pil</title>'
            f"</svg></button>{SAID % '<p itemprop=text>Nå.<noscript>Slå på skript</noscript></p>'}"
        ),
        FAQ % ASKED % ('<b itemprop="name">Spørsmål: Når?</b>' + SAID % "<p><b>Svar:</b> Nå.</p>"),
        '<dl itemscope itemtype="http://schema.org/Question"><dt itemprop="name">Når?</dt>'
        '<dd itemscope itemprop="suggestedAnswer" itemtype="http://schema.org/Answer">Nå.</dd></dl>',
        '<div vocab="https://schema.org/" typeof="SoftwareApplication"><div property="about" '
        'typeof="FAQPage"><details property="mainEntity" typeof="Question"><summary '
        'property="name">Når?</summary><p property="suggestedAnswer acceptedAnswer" '
        'typeof="Answer"><i property="text">Nå.</i></p></details></div></div>',
    ],
    ids=["usual", "unmarked", "meta", "icons", "labels", "no page", "part of another"],
)
def test_markup_of_every_kind_reads_the_same(page: str) -> None:
    contents = read(html(page))
    assert said(contents) == {"Når?": {"nb": "Nå."}}
    assert not contents.notes


def test_a_question_in_several_languages_is_asked_and_answered_in_all() -> None:
    both = {
        "@type": "Question",
        "name": [{"@value": "Når?", "@language": "nb"}, {"@value": "When?", "@language": "en"}],
        "acceptedAnswer": [
            {"@type": "Answer", "text": ["Nå.", "Straks."], "inLanguage": "nb"},
            {"@type": "Answer", "text": {"@value": "Now.", "@language": "en"}},
        ],
    }
    (row,) = read(page_of({"@type": "FAQPage", "mainEntity": both}, lang="nn")).rows
    assert row.entry.questions == ["Når?", "When?"]
    assert row.entry.answers == {"nb": "Nå.\n\nStraks.", "en": "Now."}


def test_of_several_answers_the_first_is_taken_and_the_others_are_counted() -> None:
    answers = [{"@type": "Answer", "text": text} for text in ("En.", "To.", "Tre.")]
    quiz = {"@type": "Question", "text": "Hvilken?", "acceptedAnswer": answers}
    contents = read(of_json({"@type": "FAQPage", "hasPart": [quiz]}))
    assert said(contents) == {"Hvilken?": {"nb": "En."}}
    assert noted(contents) == ["Further answers to the same question, left out: 2."]


def test_what_a_page_says_twice_is_one_answer_and_what_only_its_markup_says_is_kept() -> None:
    once = {"@type": "FAQPage", "mainEntity": asked("Når?", "Nå.")}
    again = {"@type": "FAQPage", "mainEntity": asked("Når?", "<p>Nå.</p>")}
    other = {"@type": "FAQPage", "mainEntity": asked("Når?", "Senere, om sommeren.")}
    script = page_of(once, again, other).data.decode()
    markup = "".join(
        ASKED % (f'<h3 itemprop="name">{name}</h3>' + SAID % '<p itemprop="text">Vi.</p>')
        for name in ("Når?", "Hvem?")
    )
    contents = read(File("s.html", script.replace("<body>", f"<body>{FAQ % markup}").encode()))
    answers = [(row.entry.questions[0], row.entry.answers["nb"]) for row in contents.rows]
    assert answers == [("Når?", "Nå."), ("Når?", "Senere, om sommeren."), ("Hvem?", "Vi.")]
    assert noted(contents) == ["Questions that are there twice with the same answer, left out: 1."]


def test_the_language_is_what_everything_else_in_the_document_is_in() -> None:
    article = {"@type": "Article", "inLanguage": "nn-NO"}
    page = {"@type": "FAQPage", "mainEntity": asked("Når?", "No.")}
    assert said(read(of_json([article, page]))) == {"Når?": {"nn": "No."}}
    other = {"@type": "Article", "inLanguage": "en"}
    assert said(read(of_json([article, other, page]))) == {"Når?": {"nb": "No."}}


def test_marks_that_nobody_sees_are_gone_and_lines_stay() -> None:
    page = {
        "@type": "FAQPage",
        "mainEntity": asked("Barne\u00adhage\u200b?\u202e", "En\u2028to\ufeff"),
    }
    assert said(read(of_json(page))) == {"Barnehage?": {"nb": "En\nto"}}
    table = File("s.csv", 'spørsmål,svar\nBarne\u00adhage\ufeff?,"Ja.\r\nNei."\n'.encode())
    assert said(read(table)) == {"Barnehage?": {"nb": "Ja.\nNei."}}


def test_one_damaged_byte_does_not_make_all_letters_others() -> None:
    whole = "question,answer\nNår åpner dere?,Klokka åtte på lørdager\n".encode()
    with pytest.raises(Invalid, match="line 2: It is not UTF-8"):
        read(File("s.csv", whole.replace(b"dere", b"d\xe9re")))


@pytest.mark.parametrize(
    "export",
    [
        [{"id": 7, "answer": "A", "questions": ["q"], "metadata": [], "context": None}],
        [{"op": "add", "value": {"id": 7, "answer": "A", "questions": ["q"]}}],
    ],
    ids=["pairs", "operations"],
)
def test_pairs_without_anything_around_them(export: object) -> None:
    contents = read(of_json(export))
    assert contents.format == "azure"
    assert [row.entry.id for row in contents.rows] == ["qna-7"]


def test_a_table_kept_as_json() -> None:
    rows = [
        {"_id": "a", "id": 1, "question": ["Når?", "Når da?"], "answer": "Nå.", "category": "tid"},
        {"_id": "b", "question": "Hva koster det?", "answer": 412, "category": None, "views": 3},
    ]
    for document in (rows, {"version": 2, "faqs": rows}):
        contents = read(of_json(document))
        assert contents.format == "table"
        assert said(contents) == {"Når?": {"nb": "Nå."}, "Hva koster det?": {"nb": "412"}}
        assert noted(contents) == ["Columns left out: id, views."]
    with pytest.raises(Invalid, match=r"s\.json, row 2, column answer: The answer is empty"):
        read(of_json([*rows[:1], {"question": "Hvem?"}]))


def test_headings_in_other_words_and_sources_that_are_words() -> None:
    table = (
        "id,language,category,query,keyword,response,enabled,kilde\n"
        "a,en,wifi,How?,net,Swipe.,yes,Barnehageloven § 5\n"
        "b,nn,wifi,Korleis?,net,Sveip.,yes,www.fjordvik.example/a\n"
    )
    contents = read(File("s.csv", table.encode()))
    assert said(contents) == {"How?": {"en": "Swipe."}, "Korleis?": {"nn": "Sveip."}}
    (source,) = [source for row in contents.rows for source in row.entry.sources]
    assert source == Source("www.fjordvik.example", "https://www.fjordvik.example/a")
    assert noted(contents) == [
        "Columns left out: keyword, enabled.",
        "Sources that are no web address, left out: 1.",
    ]


def test_an_answer_far_to_the_right_is_read() -> None:
    many = [f"#{number}" for number in range(60)]
    book = workbook({"A": [["spørsmål", *many, "svar"], ["Når?", *[""] * 60, "Nå."]]})
    assert said(read(book)) == {"Når?": {"nb": "Nå."}}


RASA = """nlu:
- intent: faq/trening
  examples: |
    - trene [armene][{"entity": "del"}, {"entity": "kropp", "role": "x"}]?
- intent: hilse
  examples: |
    - hei
responses:
  utter_faq/trening:
  - text: Benkpress
    condition:
    - type: slot
      name: del
      value: bryst
  - text: Ror
    condition: []
  utter_hilse:
  - text: Hei!
    buttons:
    - title: Ja
      payload: /ja
  - text: Hallo!
  - text: Hei på Slack
    channel: slack
"""


def test_what_rasa_says_only_sometimes_is_no_answer_for_everybody() -> None:
    contents = read(File("nlu.yml", RASA.encode()))
    assert said(contents) == {"hei": {"nb": "Hei!"}}
    assert noted(contents) == [
        "These intents have no answer and are left out: faq/trening.",
        "Answers under a condition, left out: 2.",
        "Further texts of the same answer, left out: 1.",
        "Answers whose buttons, pictures and the like are left out: 1.",
    ]
    plain = RASA.replace("    condition: []\n", "")
    opened = read(File("nlu.yml", plain.encode()))
    assert said(opened) == {"trene armene?": {"nb": "Ror"}, "hei": {"nb": "Hei!"}}


def test_what_dialogflow_says_beside_its_texts_is_counted() -> None:
    messages = [
        {"type": 0, "lang": "no", "speech": ["Ja.", "Jada."]},
        {"type": 2, "lang": "no", "replies": ["Mer", "Mindre"]},
        {"type": "4", "lang": "no", "payload": {"richContent": []}},
    ]
    intent = {"name": "A", "responses": [{"messages": messages}]}
    files = [
        File("agent.json", b'{"language": "no"}'),
        File("intents/A.json", json.dumps(intent).encode()),
        File("intents/A_usersays_no.json", b'[{"data": [{"text": "kan jeg?"}]}]'),
    ]
    contents = read(zipped(files))
    assert said(contents) == {"kan jeg?": {"nb": "Ja."}}
    assert noted(contents) == [
        "Further texts of the same answer, left out: 1.",
        "Answers whose buttons, pictures and the like are left out: 1.",
    ]


def test_an_intent_of_dialogflows_api_is_one_file_of_an_agent() -> None:
    intent = {"displayName": "a", "trainingPhrases": [{"parts": [{"text": "hei"}]}]}
    for document in (intent, {"intents": [intent]}):
        with pytest.raises(Invalid, match="one file of a Dialogflow agent"):
            read(of_json(document))


def test_json_of_something_else_is_told_what_to_send() -> None:
    with pytest.raises(Invalid, match=r"nothing that we can read\. Send a spreadsheet"):
        read(of_json({"intents": [{"tag": "a", "patterns": ["hei"], "responses": ["Hei!"]}]}))


@pytest.mark.parametrize("picture", ['<img src="kart.png" alt="Kart">', "![Kart](kart.png)"])
def test_answers_with_pictures_are_counted_in_every_format(picture: str) -> None:
    told = f"Se her. {picture}"
    page = {"@type": "FAQPage", "mainEntity": [asked("Hvor?", told), asked("Når?", "Nå.")]}
    said = f"responses:\n  utter_a:\n  - text: '{told}'\n"
    rasa = f"nlu:\n- intent: a\n  examples: |\n    - hvor\n{said}"
    files = [
        of_json(page),
        of_json({"qnaList": [{"answer": told, "questions": ["Hvor?"]}]}),
        of_json([{"question": "Hvor?", "answer": told}]),
        File("nlu.yml", rasa.encode()),
    ]
    for file in files:
        assert noted(read(file)) == [
            "Answers whose buttons, pictures and the like are left out: 1."
        ], file.name
