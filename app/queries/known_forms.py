"""The questions behind stored answers: the form as it was when somebody answered, else the newest that is known."""

from __future__ import annotations

from app.domain.errors import NotFound
from app.domain.facts import Answer
from app.domain.forms import Field, FormDefinition
from app.published import form_of
from app.storage.unit_of_work import UnitOfWork


class KnownForms:
    """Finds forms, each once for a page."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._forms: dict[tuple[int | None, str], FormDefinition | None] = {}
        self._newest: list[int] | None = None

    def question(self, answer: Answer) -> tuple[FormDefinition, Field] | None:
        """Return the form and its field that the answer is to, None where nobody knows it any more."""
        form = self.form(answer.form_id, answer.task_key)
        if form is None:
            return None
        try:
            return form, form.field_at(tuple(answer.field.split(".")))
        except KeyError:
            return None

    def form(self, form_id: str, task_key: int | None) -> FormDefinition | None:
        """Return the form of the task's version of its process, else of the newest process that has it."""
        definition_key = None
        if task_key is not None:
            try:
                definition_key = self._uow.tasks.get(task_key).definition_key
            except NotFound:
                definition_key = None
        if (definition_key, form_id) not in self._forms:
            self._forms[definition_key, form_id] = self._find(definition_key, form_id)
        return self._forms[definition_key, form_id]

    def _find(self, definition_key: int | None, form_id: str) -> FormDefinition | None:
        if self._newest is None:
            self._newest = [line.key for line in self._uow.monitor.definitions(latest_only=True)]
        for key in dict.fromkeys([*([] if definition_key is None else [definition_key]), *self._newest]):
            try:
                return form_of(self._uow, key, form_id)
            except NotFound:
                continue
        return None
