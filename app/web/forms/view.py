"""What the form templates print: plain values, every text already in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView:
    """One radio button, checkbox or line of a list."""

    value: str
    label: str
    id: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that waits for the form to be sent: `key` stands in its place in the form."""

    key: str
    name: str
    size: str
    remove_text: str
    remove_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """
    One question as it stands on the page.

    `widget` names the macro: text, textarea, radios, checkboxes, select, file, group, shown. `mark` is what stands
    after the label ("(vapaaehtoinen)"). `show_if` and `required_if` are conditions for the browser as JSON, "" where
    there is none or only the server can tell (`asks_server`). `is_shown` is what holds now.
    """

    id: str
    name: str
    widget: str
    label: str
    hint: str = ""
    mark: str = ""
    problem: str = ""
    value: str = ""
    options: tuple[OptionView, ...] = ()
    #: of a file field: what was sent before and is still there
    files: tuple[FileView, ...] = ()
    #: attributes of the input by their HTML names: inputmode, spellcheck, accept, rows...
    attributes: tuple[tuple[str, str], ...] = ()
    required: bool = False
    multiple: bool = False
    inline: bool = False
    short: bool = False
    picks_date: bool = False
    autofocus: bool = False
    show_if: str = ""
    required_if: str = ""
    asks_server: bool = False
    is_shown: bool = True
    rows: tuple[RowView, ...] = ()
    #: an empty row that the browser copies
    row_template: RowView | None = None
    add_text: str = ""
    most_rows: int = 0

    @property
    def described_by(self) -> str:
        """The ids of hint and problem, for aria-describedby."""
        ids = [f"{self.id}-hint"] if self.hint else []
        return " ".join([*ids, f"{self.id}-error"] if self.problem else ids)

    @property
    def target_id(self) -> str:
        """The id of the element that takes the focus when somebody follows the error summary."""
        if self.widget in ("radios", "checkboxes") and self.options:
            return self.options[0].id
        return f"{self.id}-add" if self.widget == "group" else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row of a repeating group."""

    id: str
    position: str
    legend: str
    mark_name: str
    fields: tuple[FieldView, ...]
    remove_text: str
    remove_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """Fields under one heading."""

    id: str
    title: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One line of the error summary; `target` is the id to go to, "" where there is no field for it."""

    text: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form as it stands on the page. `title_prefix` goes before the page's title ("Virhe: ")."""

    form_id: str
    language: str
    title: str
    introduction: str
    sections: tuple[SectionView, ...]
    problems: tuple[ProblemLine, ...] = ()
    problems_title: str = ""
    title_prefix: str = ""
    has_files: bool = False
    asks_server: bool = False
    #: texts for the browser by name: pick_date, row_added, row_removed, file_kept
    texts: tuple[tuple[str, str], ...] = ()
