"""
Forms: read their definitions, take what people answer, and say exactly what is wrong with it.

`read_form` for publishing, `parse_submission` and `parse_json_submission` for answers, `answer_anew` for one that is
put right, `look_at` for pages and their conditions, `form_schema` for the API's documents. `Around` holds what a form
needs from outside of it.
"""

from app.engine.forms.conversion import to_json_value
from app.engine.forms.form_js import form_source
from app.engine.forms.one_question import answer_anew, question_alone, stands_alone
from app.engine.forms.reading import read_form
from app.engine.forms.received import ACTION_NAME, ROW_MARK, Named, Raw, read_names
from app.engine.forms.schema import form_schema
from app.engine.forms.situation import Situation
from app.engine.forms.submission import Around, look_at, parse_json_submission, parse_submission
from app.engine.forms.uploads import ACCEPT, LARGEST_FILE_BYTES, Upload, accept_file

__all__ = [
    "ACCEPT",
    "ACTION_NAME",
    "LARGEST_FILE_BYTES",
    "ROW_MARK",
    "Around",
    "Named",
    "Raw",
    "Situation",
    "Upload",
    "accept_file",
    "answer_anew",
    "form_schema",
    "form_source",
    "look_at",
    "parse_json_submission",
    "parse_submission",
    "question_alone",
    "read_form",
    "read_names",
    "stands_alone",
    "to_json_value",
]
