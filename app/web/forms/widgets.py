"""Which control asks a question, and what there is to choose in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.forms import Field, FieldPath, FieldType
from app.domain.localized import in_language
from app.engine.forms import ACCEPT, Around
from app.locale import Texts
from app.web.forms.answer_texts import size_text
from app.web.forms.view import FileView, OptionView

#: up to here all options stand on the page; more go into a list
MOST_RADIOS = 6
_WIDGETS: Mapping[FieldType, str] = {
    FieldType.LONG_TEXT: "textarea",
    FieldType.BOOLEAN: "radios",
    FieldType.MULTI_CHOICE: "checkboxes",
    FieldType.FILE: "file",
    FieldType.GROUP: "group",
}
_LISTS = frozenset([FieldType.CHOICE, FieldType.USER, FieldType.ORGANISATION, FieldType.REFERENCE])
#: by type, and by the attribute of the client that the answer goes to
_INPUT_MODES: Mapping[str, str] = {
    FieldType.INTEGER: "numeric",
    FieldType.DECIMAL: "decimal",
    "phone": "tel",
    "email": "email",
}


def widget_of(asked: Field, path: FieldPath, around: Around) -> str:
    """
    Return the name of the macro that draws the field.

    A yes/no is two radio buttons, never a checkbox: an empty checkbox cannot tell a no from a question not asked.
    """
    if not asked.submittable:
        return "shown"
    if asked.type not in _LISTS:
        return _WIDGETS.get(asked.type, "text")
    options = around.options(asked, path)
    if options is None:
        return "text"
    return "radios" if asked.type is FieldType.CHOICE and len(options) <= MOST_RADIOS else "select"


def option_views(
    asked: Field, path: FieldPath, *, field_id: str, picked: Sequence[str], around: Around, texts: Texts
) -> tuple[OptionView, ...]:
    """
    Return what can be chosen, `picked` chosen.

    An answer that may be left out has an option of its own for that, chosen from the start: what will be stored is
    always seen, costs no press, and a slip can be taken back, which a bare radio button does not allow.
    """
    if asked.type is FieldType.FILE:
        return ()
    if asked.type is FieldType.BOOLEAN:
        listed = [("true", texts("forms.yes")), ("false", texts("forms.no"))]
    else:
        options = around.options(asked, path) or ()
        listed = [(option.value, in_language(option.label, texts.language)) for option in options]
    widget = widget_of(asked, path, around)
    if widget == "select":
        listed.insert(0, ("", texts("forms.choose" if asked.required or asked.required_if else "forms.not_answered")))
    elif widget == "radios" and not asked.required and asked.required_if is None:
        listed.append(("", texts("forms.not_answered")))
    chosen = picked or [""]
    return tuple(
        OptionView(value=value, label=label, id=f"{field_id}-{number}", checked=value in chosen)
        for number, (value, label) in enumerate(listed)
    )


def file_views(name: str, picked: Sequence[str], *, around: Around, texts: Texts) -> tuple[FileView, ...]:
    """Return the files that wait and that the field has picked, by their keys, each with how it is taken out."""
    known = [around.documents[key] for key in dict.fromkeys(picked) if key in around.documents]
    return tuple(
        FileView(
            key=file.key,
            name=file.name,
            size=size_text(file.size, texts.language),
            remove_text=texts("forms.remove_file", name=file.name),
            remove_action=f"drop:{name}:{file.key}",
        )
        for file in known
    )


def input_attributes(asked: Field) -> tuple[tuple[str, str], ...]:
    """Return the attributes that help to type: the keyboard of a telephone, no spelling marks under a code."""
    attributes: dict[str, str] = {}
    mode = _INPUT_MODES.get(asked.type) or (_INPUT_MODES.get(asked.record.attribute) if asked.record else None)
    if mode:
        attributes["inputmode"] = mode
    if asked.type is FieldType.IDENTITY_CODE:
        attributes |= {"autocapitalize": "characters", "spellcheck": "false"}
    if asked.type is FieldType.FILE:
        attributes["accept"] = ACCEPT
    return tuple(attributes.items())
