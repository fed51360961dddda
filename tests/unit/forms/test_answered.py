"""An answered form to read: keys of people, services and roles are words."""

import json

from app.domain.forms import Option
from app.engine.forms import read_form
from app.web.forms import answered

LABEL = {"fi": "Kysymys", "sv": "Fråga", "en": "Question"}
FORM = read_form(
    json.dumps(
        {
            "id": "f_koe",
            "title": LABEL,
            "sections": [
                {
                    "key": "osa",
                    "title": LABEL,
                    "fields": [
                        {"key": "kuka", "type": "user", "label": {"fi": "Kuka"}},
                        {"key": "mitka", "type": "multiChoice", "label": {"fi": "Mitkä"}, "optionsFrom": "services"},
                        {
                            "key": "rivit",
                            "type": "group",
                            "label": {"fi": "Rivit"},
                            "fields": [
                                {"key": "taho", "type": "organisation", "label": {"fi": "Taho"}},
                                {"key": "mita", "type": "text", "label": {"fi": "Mitä"}},
                            ],
                        },
                    ],
                }
            ],
        }
    ).encode()
)
CHOICES = {
    "users": [Option("17", {"fi": "Kirsi Malli"})],
    "services": [Option("sv_tiimi", {"fi": "Tiimi", "sv": "Team"}), Option("sv_tyokokeilu", {"fi": "Työkokeilu"})],
    "organisations": [Option("o_kela", {"fi": "Kela", "sv": "FPA"})],
}


def test_keys_are_read_as_words_also_in_rows():
    values = {"kuka": "17", "mitka": ["sv_tiimi", "sv_tyokokeilu"], "rivit": [{"taho": "o_kela", "mita": "Etuus"}]}
    told = {line.label: line.text for line in answered(FORM, values, language="fi", choices=CHOICES)}
    assert told == {"Kuka": "Kirsi Malli", "Mitkä": "Tiimi, Työkokeilu", "Rivit": "Taho: Kela; Mitä: Etuus"}
    swedish = answered(FORM, values, language="sv", choices=CHOICES)
    assert [line.text for line in swedish][1:] == ["Team, Työkokeilu", "Taho: FPA; Mitä: Etuus"]
