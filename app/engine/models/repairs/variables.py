"""Repairs of names: variables of several words, and forms inside the diagram whose keys ours cannot have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from app.domain.errors import InvalidFormDefinition
from app.engine.forms import read_form
from app.engine.forms.form_js import convert_form_js
from app.engine.models.repairs.working_copy import WorkingCopy, name_from
from app.engine.readings import EMBEDDED_FORM
from app.engine.vocabulary import BPMN, ZEEBE, bpmn, extension, namespace, text_of, zeebe

if TYPE_CHECKING:
    from lxml.etree import _Element

_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_WORDS = re.compile(r"[^\W\d]\w*(?:[ \t]+[^\W\d]\w*)+")
#: words of FEEL that stand beside names, and ends of its types of several words
_FEEL_WORDS = frozenset(
    {
        "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between", "instance",
        "of", "not", "function", "external", "true", "false", "null", "duration", "partial",
    }
)  # fmt: skip
_WRITTEN = ("target", "resultVariable", "inputElement", "outputCollection")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def join_names(copy: WorkingCopy) -> None:
    """Names of variables have no spaces here: their words are joined, wherever they stand."""
    joined: set[str] = set()
    for element in copy.root.iter("{*}*"):
        if namespace(element) == ZEEBE:
            for name, value in element.attrib.items():
                text = str(value)
                written = str(name) in _WRITTEN and not text.startswith("=") and " " in text.strip()
                if written or text.lstrip().startswith("="):
                    element.set(name, _join(text.strip(), joined))
        elif namespace(element) == BPMN and text_of(element).startswith("="):
            element.text = _join(text_of(element), joined)
    if joined:
        copy.note("names_joined", None, names=", ".join(sorted(joined)))


def _join(text: str, joined: set[str]) -> str:
    """Return the text with the names of several words joined, outside of strings and names of functions."""
    parts: list[str] = []
    end = 0
    for string in [*_STRING.finditer(text), None]:
        stop = len(text) if string is None else string.start()
        parts.append(_join_bare(text[end:stop], joined))
        if string is not None:
            parts.append(string[0])
            end = string.end()
    return "".join(parts)


def _join_bare(text: str, joined: set[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        found: list[list[str]] = [[]]
        for word in match[0].split():
            if word in _FEEL_WORDS:
                found += [[word], []]
            else:
                found[-1].append(word)
        called = text[match.end() :].lstrip().startswith("(")
        made = []
        for number, words in enumerate(group for group in found if group):
            last = number == len([group for group in found if group]) - 1
            if len(words) > 1 and not (called and last):
                joined.add(" ".join(words))
                made.append("_".join(words))
            else:
                made.append(" ".join(words))
        return " ".join(made)

    return _WORDS.sub(replace, text)


def mend_forms(copy: WorkingCopy) -> None:
    """A form inside the diagram is one that ours can be made from; else its task has none."""
    for process in copy.processes():
        forms = _forms_of(process)
        for node in list(process.iter(bpmn("userTask"), bpmn("startEvent"))):
            definition = extension(node, "formDefinition")
            key = "" if definition is None else definition.get("formKey", "")
            if definition is None or definition.get("formId") or not key.startswith(EMBEDDED_FORM):
                continue
            form_id = key.removeprefix(EMBEDDED_FORM)
            form = forms.get(form_id)
            if form is None:
                form = _from_elsewhere(copy, process, form_id)
            reason = "missing" if form is None else _mend(copy, node, form)
            if reason:
                copy.note("form_lost", node, form=form_id, reason=reason)
                copy.set_aside(definition, node)


def _forms_of(process: _Element) -> dict[str, _Element]:
    holder = process.find(bpmn("extensionElements"))
    return {} if holder is None else {each.get("id", ""): each for each in holder.findall(zeebe("userTaskForm"))}


def _from_elsewhere(copy: WorkingCopy, process: _Element, form_id: str) -> _Element | None:
    """Return the form of the id that another process of the file holds, copied into this one."""
    for form in copy.root.iter(zeebe("userTaskForm")):
        if form.get("id") == form_id:
            made = form.makeelement(form.tag, {"id": form_id})
            made.text = form.text
            copy.extensions(process).append(made)
            return made
    return None


def _mend(copy: WorkingCopy, node: _Element, form: _Element) -> str:
    """Give the form keys that ours may have, and return why ours cannot be made from it; "" where it can."""
    try:
        content = json.loads(form.text or "")
    except (ValueError, RecursionError):
        return "JSON"
    changed = _rename_keys(content)
    for old, (new, in_row) in changed.items():
        if not in_row:
            copy.map_input(node, "=" + ".".join("_".join(part.split()) for part in old.split(".")), new)
        copy.note("form_key_changed", node, old=old, new=new)
    if changed:
        form.text = json.dumps(content, ensure_ascii=False)
    try:
        source, _ = convert_form_js((form.text or "").encode(), form_id="lomake")
        read_form(source)
    except InvalidFormDefinition as error:
        return ", ".join(sorted({problem.code for problem in error.problems}))
    return ""


def _rename_keys(content: Any) -> dict[str, tuple[str, bool]]:
    """
    Rename what no field of ours can be called; return the new keys, and whether they are those of a list's rows.

    `laina.maara` stays, the entry of a variable; but a row has no entries in entries.
    """
    changed: dict[str, tuple[str, bool]] = {}
    waiting = [(content, False)]
    while waiting:
        each, in_row = waiting.pop()
        if isinstance(each, list):
            waiting += [(inner, in_row) for inner in each]
        elif isinstance(each, dict):
            key = each.get("key")
            if isinstance(key, str) and "type" in each and key and not _fits(key, in_row=in_row):
                new = re.sub(r"[^A-Za-z0-9]+", "_", key).strip("_")[:60]
                each["key"] = new if _KEY.fullmatch(new) else name_from(key, "kentta")
                changed[key] = each["key"], in_row
            in_row = in_row or each.get("type") == "dynamiclist"
            waiting += [(value, in_row) for value in each.values() if isinstance(value, (list, dict))]
    return changed


def _fits(key: str, *, in_row: bool) -> bool:
    return all(map(_KEY.fullmatch, [key] if in_row else key.split(".")))
