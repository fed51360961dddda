"""
Texts for clients are plain (R-24): short sentences, everyday words, nothing abbreviated, in all three languages.

What a machine can check of selkokieli and of its Swedish and English sisters: the length of sentences and words, words
of officials, abbreviations. That a text is understood is for readers to say: a county has its client panel read them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from app.locale import Texts

PROCESSES = Path(__file__).parents[2] / "processes"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}property"
LANGUAGES = ("fi", "sv", "en")
#: words in a sentence, letters in a word; Finnish says more in one word
LONGEST_SENTENCE = {"fi": 15, "sv": 20, "en": 20}
LONGEST_WORD = 24
#: what a client reads of the catalogue; a statement's frame and what goes to another organisation are for workers
CLIENTS_TEXTS = ("own.", "answering.", "grounds.", "mail.body.client", "mail.body.answer", "documents.")
WORKERS_TEXTS = ("documents.lausuntopohja.", "documents.luovutus.")
OFFICIALESE = {
    "fi": r"mikäli|koskien|johtuen|edellyttä\w*|suorit(?:taa|etaan|ettava)\w*|toimenpitei\w*|kyseis\w*|mahdollist\w*|"
    r"toimesta|liittyen|tulee tehdä|asianomai\w*|ao\.|em\.|ko\.|mm\.|esim\.|yms?\.|jne\.|ns\.|tms\.",
    "sv": r"beträffande|erfordra\w*|ifall|vederbörande|härvid|därvid|erhåll\w*|avseende|bl\.a\.|t\.ex\.|m\.m\.|osv\.|"
    r"dvs\.|s\.k\.",
    "en": r"pursuant|hereby|thereof|aforementioned|commence\w*|prior to|in the event|e\.g\.|i\.e\.|etc\.",
}


@cache
def texts_for_clients(language: str) -> dict[str, str]:
    """The texts by where they stand: the catalogue, names and texts of steps, forms that clients fill in themselves."""
    catalogue = Texts.load(language)
    found = {
        key: catalogue(key) for key in catalogue if key.startswith(CLIENTS_TEXTS) and not key.startswith(WORKERS_TEXTS)
    }
    suffix = "" if language == "fi" else f".{language}"
    for path in sorted(PROCESSES.glob("*/*.bpmn")):
        root = etree.parse(path).getroot()
        for element in root.iter(ZEEBE):
            if element.get("name") in {f"kyky.clientName{suffix}", f"kyky.clientText{suffix}"}:
                found[f"{path.stem}: {element.get('value')}"] = element.get("value", "")
        for form_id in own_forms(root):
            [form] = PROCESSES.glob(f"*/forms/{form_id}.json")
            found |= {f"{form_id}: {text}": text for text in written(json.loads(form.read_text()), language)}
    return found


def own_forms(root: etree._Element) -> set[str]:
    """The forms that clients fill in themselves."""
    forms = set()
    for task in root.iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}userTask"):
        if any(each.get("name") == "kyky.selfFilled" and each.get("value") == "true" for each in task.iter(ZEEBE)):
            forms |= {
                each.get("formId", "") for each in task.iter("{http://camunda.org/schema/zeebe/1.0}formDefinition")
            }
    return forms - {""}


def written(form: object, language: str) -> Iterator[str]:
    if isinstance(form, dict):
        if "fi" in form:
            yield form[language]
            return
        for inner in form.values():
            yield from written(inner, language)
    elif isinstance(form, list):
        for inner in form:
            yield from written(inner, language)


def sentences(text: str) -> list[str]:
    shown = re.sub(r"\{[^}]*\}|_{3,}", "x", text)
    return [part for part in re.split(r"(?<=[.!?:;])\s+|\n+", shown) if part.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short(language):
    long = {
        place: sentence
        for place, text in texts_for_clients(language).items()
        for sentence in sentences(text)
        if len(sentence.split()) > LONGEST_SENTENCE[language]
    }
    assert long == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_short_enough_to_read(language):
    long = {
        place: word
        for place, text in texts_for_clients(language).items()
        for sentence in sentences(text)
        for word in re.findall(r"[^\W\d_]+", sentence)
        if len(word) > LONGEST_WORD
    }
    assert long == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_those_of_every_day(language):
    official = re.compile(rf"\b(?:{OFFICIALESE[language]})", re.IGNORECASE)
    found = {place: match[0] for place, text in texts_for_clients(language).items() if (match := official.search(text))}
    assert found == {}


def test_what_a_client_reads_is_there_in_every_language():
    counts = {language: len(texts_for_clients(language)) for language in LANGUAGES}
    assert min(counts.values()) > 200
    assert max(counts.values()) - min(counts.values()) <= 10
