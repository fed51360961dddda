"""Keep the files of a form that is not sent yet, so that nobody has to choose them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.actor import Actor, may_take
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.domain.forms import MOST_FILES, FieldType, FormDefinition
from app.domain.keys import new_key
from app.engine.forms import Named, Raw, Upload, accept_file, read_names
from app.published import form_of
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork

#: what one person may leave waiting in all their forms together
MOST_PENDING_BYTES = 100 * 1024 * 1024
MOST_PENDING_FILES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFields:
    """The fields as texts, each kept file as the key that it waits under; problems of the files that were not kept."""

    fields: Mapping[str, Sequence[str]] = field(repr=False)
    problems: tuple[Problem, ...] = ()


def ensure_may_keep(task: Task, actor: Actor) -> None:
    """
    Check that the task concerns the actor, whoever has it or has completed it meanwhile.

    :raises NotAllowed: it is not for them
    """
    if actor.user_key is None or not (may_take(actor, task=task.restriction) or task.assignee == actor.user_key):
        raise NotAllowed("save_draft")


def keep_uploads(uow: UnitOfWork, *, task: Task, actor: Actor, fields: Raw, now: datetime) -> KeptFields:
    """
    Keep each acceptable file of the form's file fields for this person and task, in the caller's transaction.

    A file is looked at as when the form is sent. One that this person has sent for the same field before is not kept
    twice. What is no file of the form is left out.

    :raises NotAllowed: the task is not for the actor's roles
    """
    ensure_may_keep(task, actor)
    texts = {name: [text for text in sent if isinstance(text, str)] for name, sent in fields.items()}
    chosen = {name: [each for each in sent if isinstance(each, Upload) and each.name] for name, sent in fields.items()}
    if task.form_id is None or not any(chosen.values()):
        return KeptFields(fields=texts)
    keeping = _Keeping(uow, task, actor, form_of(uow, task.definition_key, task.form_id), now)
    names = read_names(keeping.form, fields)
    for name, uploads in chosen.items():
        named = names.get(name)
        if uploads and named is not None and named.asked.type is FieldType.FILE and named.asked.submittable:
            texts[name] += keeping.keep(named, uploads, waiting=len(texts[name]))
    return KeptFields(fields=texts, problems=tuple(keeping.problems.values()))


def waiting_files(uow: UnitOfWork, form: FormDefinition, fields: Raw, *, task_key: int, actor: Actor) -> Raw:
    """
    Return the fields with the files that wait in the place of the keys that name them, to be looked at anew.

    Only a file of this person, kept for this task and this field, is put in; any other text stays what it is.
    """
    if not form.has_files:
        return fields
    names = {name: named for name, named in read_names(form, fields).items() if named.asked.type is FieldType.FILE}
    if actor.user_key is None or not any(isinstance(each, str) and each for name in names for each in fields[name]):
        return fields
    waiting = uow.uploads.of_task(task_key, user_key=actor.user_key)

    def content_of(named: Named, sent: str | Upload) -> str | Upload:
        known = waiting.get(sent) if isinstance(sent, str) else None
        if known is None or known.field != named.path:
            return sent
        return Upload(known.file.name, uow.uploads.content(int(known.file.key)))

    put_in = {name: [content_of(named, each) for each in dict.fromkeys(fields[name])] for name, named in names.items()}
    return {**fields, **put_in}


def drop_upload(uow: UnitOfWork, *, task_key: int, upload_key: int, actor: Actor) -> None:
    """
    Forget a file that the actor has taken out of a form; somebody else's file is left alone.

    :raises NotFound: no such task
    :raises NotAllowed: the task is not for the actor's roles
    """
    ensure_may_keep(uow.tasks.get(task_key), actor)
    if actor.user_key is not None:
        uow.uploads.drop(upload_key, task_key=task_key, user_key=actor.user_key)


class _Keeping:
    """The files of one form and person, and what there is room for yet."""

    def __init__(self, uow: UnitOfWork, task: Task, actor: Actor, form: FormDefinition, now: datetime) -> None:
        self._uow = uow
        self._task = task
        self._user_key = actor.user_key or 0
        self._now = now
        self.form = form
        self.problems: dict[str, Problem] = {}
        uow.uploads.lock_owner(self._user_key)
        self._known = [*uow.uploads.of_task(task.key, user_key=self._user_key).values()]
        self._files, self._bytes = uow.uploads.held_by(self._user_key)

    def keep(self, named: Named, uploads: Sequence[Upload], *, waiting: int) -> list[str]:
        """Return the keys of those of the files that were kept; more than any field takes are left out."""
        keys: list[str] = []
        for upload in uploads:
            try:
                keys.append(self._kept(named, upload, waiting + len(keys)))
            except InvalidInput as error:
                problem = error.problems[0]
                self.problems.setdefault(
                    named.place,
                    Problem(problem.code, place=named.place, name=named.asked.key, values=problem.values),
                )
        return list(dict.fromkeys(keys))

    def _kept(self, named: Named, upload: Upload, waiting: int) -> str:
        if waiting >= MOST_FILES:
            raise InvalidInput([Problem("too_many_items", values={"maximum": named.asked.max_items or 1})])
        file = accept_file(upload, asked=named.asked)
        for known in self._known:
            same = known.file.sha256 == file.sha256 and known.file.name == file.name
            if same and known.field == named.path:
                return known.file.key
        if self._files >= MOST_PENDING_FILES or self._bytes + len(file.content) > MOST_PENDING_BYTES:
            raise InvalidInput([Problem("no_room_for_file", values={"maximum": MOST_PENDING_BYTES // 1024**2})])
        key = new_key()
        kept = self._uow.uploads.add(
            file, key=key, task_key=self._task.key, user_key=self._user_key, field=named.path, now=self._now
        )
        self._files += 1
        self._bytes += len(file.content)
        self._known.append(kept)
        return kept.file.key
