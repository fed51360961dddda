"""What is printed beside a task and not kept: the frame of a statement."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.commands.print_statement_frame import print_statement_frame
from app.documents.rendering import MEDIA_TYPE
from app.queries.case_documents import DocumentContent
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.cases import as_file
from app.web.language import current_language
from app.web.shell import now

blueprint = Blueprint("printing", __name__)


@blueprint.get("/tasks/<key>/statement-frame")
def statement_frame(key: str) -> ResponseReturnValue:
    """Send the frame of a statement to whoever may do the task, in the language of the page."""
    task_key, actor = key_of(key), current_actor()
    printed = run(print_statement_frame, task_key=task_key, actor=actor, language=current_language(), now=now())
    return as_file(DocumentContent(key=task_key, media_type=MEDIA_TYPE, content=printed.pdf))
