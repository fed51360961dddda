"""
Forms as values: what a form asks, and where each answer goes.

A form is read from JSON by app.engine.forms; nothing here reads, evaluates or renders. Where an answer goes is a rule
of the house (design.md 4): to a process variable (only what the process needs to decide, nothing that identifies), or
to a record of the care core with its data group.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from app.domain.conditions import Condition
from app.domain.localized import LANGUAGES, LocalizedText
from app.domain.sharing import DataGroup

#: longest answers in characters; a field may ask for less, never for more
LONGEST_TEXT = 500
LONGEST_LONG_TEXT = 20_000
LONGEST_VERSION_TAG = 100
#: most rows of a repeating group, and most files of a file field
MOST_ROWS = 100
MOST_FILES = 10
MOST_OPTIONS = 200
#: numbers up to here are the same in Python, JSON, FEEL and JavaScript
LARGEST_NUMBER = 10**15 - 1
#: names of the read-only contexts that expressions see beside the answers
CONTEXTS = ("asia", "viite")

#: ("toimenpiteet", "palvelu") or ("hetu",): a field's keys from the form down
FieldPath: TypeAlias = tuple[str, ...]
#: answers by key; those of a group are a list of rows, each a mapping by key
Values: TypeAlias = Mapping[str, Any]


class FieldType(enum.StrEnum):
    """What kind of answer a field takes."""

    TEXT = "text"
    LONG_TEXT = "longText"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATE_TIME = "dateTime"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    MULTI_CHOICE = "multiChoice"
    USER = "user"
    ORGANISATION = "organisation"
    IDENTITY_CODE = "identityCode"
    REFERENCE = "reference"
    GROUP = "group"
    FILE = "file"


#: types whose answer is free writing, which may identify somebody
FREE_TEXT = frozenset([FieldType.TEXT, FieldType.LONG_TEXT, FieldType.IDENTITY_CODE, FieldType.FILE])


class OptionSource(enum.StrEnum):
    """Where the options of a choice come from when the form does not list them."""

    ROLES = "roles"
    ORGANISATIONS = "organisations"
    SERVICES = "services"
    USERS = "users"
    LANGUAGES = "languages"
    SOURCES = "sources"
    COUNTRIES = "countries"
    MUNICIPALITIES = "municipalities"


_SOURCES_OF_TYPES = {FieldType.USER: OptionSource.USERS, FieldType.ORGANISATION: OptionSource.ORGANISATIONS}


class RecordKind(enum.StrEnum):
    """The rooms of the care core that an answer can go to."""

    ANSWER = "answer"
    CLIENT = "client"
    CASE = "case"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class RecordTarget:
    """Where in the care core an answer goes: `client.identity_code`, `case.source`, `answer`, `document`."""

    kind: RecordKind
    attribute: str = ""

    def __str__(self) -> str:
        return f"{self.kind}.{self.attribute}" if self.attribute else str(self.kind)


_TEXTS = frozenset([FieldType.TEXT])
_CHOICES = frozenset([FieldType.CHOICE])
_YES_NO = frozenset([FieldType.BOOLEAN])
#: the attributes that a form may write, and the types of field that fit them
CLIENT_ATTRIBUTES: Mapping[str, frozenset[FieldType]] = {
    "identity_code": frozenset([FieldType.IDENTITY_CODE]),
    "identity_code_missing": _YES_NO,
    "birth_date": frozenset([FieldType.DATE]),
    "name": _TEXTS,
    "phone": _TEXTS,
    "email": _TEXTS,
    "language": _CHOICES,
    "sign_language": _YES_NO,
    "interpreter": _YES_NO,
    "protected_address": _YES_NO,
    "representative": _TEXTS,
    "foreign_code": _TEXTS,
    "foreign_country": _CHOICES,
}
CASE_ATTRIBUTES: Mapping[str, frozenset[FieldType]] = {
    "source": _CHOICES,
    "service_relation": _CHOICES,
    "municipality": _CHOICES,
}
#: these say who the client is and never become process variables
IDENTIFYING_ATTRIBUTES = frozenset(
    ["identity_code", "birth_date", "name", "phone", "email", "representative", "foreign_code", "foreign_country"]
)


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    value: str
    label: LocalizedText


@dataclass(frozen=True, slots=True)
class Expression:
    """
    A FEEL text of a form.

    `names` are the dotted names that it refers to; `simple` is the same without need of a FEEL engine, or None.
    """

    text: str
    names: frozenset[str] = frozenset()
    simple: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One question of a form. `data_group` is the one in force: the field's own, else its group's, else the form's."""

    key: str
    type: FieldType
    label: LocalizedText
    hint: LocalizedText = field(default_factory=dict)
    required: bool = False
    required_if: Expression | None = None
    show_if: Expression | None = None
    computed: Expression | None = None
    read_only: bool = False
    #: asked anew each time: an earlier answer never fills it (red flags, the client's view, what was done this time)
    ask_again: bool = False
    #: begins with what its process variable holds; forms that were made elsewhere count on it
    prefill: bool = False
    #: what the field begins with where nothing is known: str, bool, int, Decimal, date or a list of texts, by its type
    initial: Any = None
    record: RecordTarget | None = None
    #: a name, or the way to an entry of a context: `laina.maara`
    variable: str | None = None
    data_group: DataGroup | None = None
    options: tuple[Option, ...] = ()
    options_from: OptionSource | None = None
    #: int, Decimal or date, as the type asks; both ends belong to the range
    minimum: int | Decimal | date | None = None
    maximum: int | Decimal | date | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    fields: tuple[Field, ...] = ()

    @property
    def submittable(self) -> bool:
        """Tell whether people answer it: a computed or read-only field only shows something."""
        return self.computed is None and not self.read_only

    @property
    def process_variable(self) -> str | None:
        """The name of the process variable that the answer becomes (`laina.maara`: an entry of one), or None."""
        return self.variable or (self.key if self.record is None else None)

    @property
    def variable_path(self) -> tuple[str, ...]:
        """The process variable's name and the entries in it on the way to the answer; () where it becomes none."""
        return tuple(self.process_variable.split(".")) if self.process_variable else ()

    @property
    def source(self) -> OptionSource | None:
        """The list that the options come from: people and organisations have theirs whether the form says it or not."""
        return self.options_from or _SOURCES_OF_TYPES.get(self.type)

    @property
    def is_three_valued(self) -> bool:
        """Tell whether the options are yes, no and not known: the fact is true, false or null (domain.md D2)."""
        return self.type is FieldType.CHOICE and {option.value for option in self.options} == set(THREE_VALUED_FACTS)


#: answers to enum{kylla, ei, ei_tietoa} as facts
THREE_VALUED_FACTS: Mapping[str, bool | None] = {"kylla": True, "ei": False, "ei_tietoa": None}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """Fields under one heading."""

    key: str
    title: LocalizedText
    fields: tuple[Field, ...]


class Refused(enum.StrEnum):
    """What the texts of a form may not tell."""

    #: data on criminal matters (R-25)
    OFFENCE = "offence"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class FormDefinition:
    """
    One version of a form.

    `references` are the dotted names below asia and viite that its expressions look at: the caller loads these.
    `layers` are the fields with a condition or a computed value; each layer needs the answers of earlier ones only.
    """

    form_id: str
    title: LocalizedText
    introduction: LocalizedText
    data_group: DataGroup | None
    sections: tuple[Section, ...]
    content_hash: str
    #: a name that the process owner gives to a version ("" none), by which a user task may ask for it
    version_tag: str = ""
    #: what no text of the form may tell
    refuses: Refused | None = None
    references: frozenset[str] = frozenset()
    layers: tuple[tuple[FieldPath, ...], ...] = ()

    @property
    def fields(self) -> Iterator[Field]:
        """The fields of all sections in order (a group's own fields are in the group)."""
        for section in self.sections:
            yield from section.fields

    def walk(self) -> Iterator[tuple[FieldPath, Field]]:
        """Give every field with its path: a group first, then the fields of its rows."""
        for each in self.fields:
            yield (each.key,), each
            for inner in each.fields:
                yield (each.key, inner.key), inner

    def field_at(self, path: FieldPath) -> Field:
        """
        Return the field with this path.

        :raises KeyError: the form has none
        """
        return self.by_path[path]

    @property
    def by_path(self) -> Mapping[FieldPath, Field]:
        """Every field by its path, in the order of the form."""
        return _by_path(self)

    @property
    def data_groups(self) -> frozenset[DataGroup]:
        """All data groups that the form shows or asks; an empty set means no client data."""
        return frozenset(each.data_group for _, each in self.walk() if each.data_group is not None)

    @property
    def has_files(self) -> bool:
        """Tell whether the form takes files anywhere, in the rows of a group too."""
        return _has_files(self)

    @property
    def initial_values(self) -> dict[str, Any]:
        """What the fields begin with where nothing is known, by key; only of those that begin with something."""
        return {each.key: each.initial for each in self.fields if each.initial is not None}

    @property
    def missing_translations(self) -> tuple[tuple[str, str], ...]:
        """Places whose text is missing in a language: (place, language)."""
        return tuple(
            (place, language)
            for place, text in self._texts()
            for language in LANGUAGES
            if text and not text.get(language)
        )

    def _texts(self) -> Iterator[tuple[str, LocalizedText]]:
        yield "title", self.title
        yield "introduction", self.introduction
        for section in self.sections:
            yield section.key, section.title
        for path, each in self.walk():
            place = ".".join(path)
            yield place, each.label
            yield f"{place}.hint", each.hint
            for option in each.options:
                yield f"{place}.{option.value}", option.label


@lru_cache(maxsize=1000)
def _by_path(form: FormDefinition) -> Mapping[FieldPath, Field]:
    return dict(form.walk())


@lru_cache(maxsize=1000)
def _has_files(form: FormDefinition) -> bool:
    return any(each.type is FieldType.FILE for _, each in form.walk())
