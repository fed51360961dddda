"""Published processes, decisions and forms, parsed once; and what a step of theirs may look at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Generic, TypeVar

from app.domain.answers import StoredFile
from app.domain.consultation import ITEM_PROCESS
from app.domain.errors import EngineFault, InvalidDiagram, NotFound
from app.domain.first_contact import FIRST_CONTACT, PATHWAY_SETTING, UNIT_SETTING, FirstContact, Municipality
from app.domain.forms import Field, FormDefinition, Option, OptionSource, Values
from app.domain.keys import new_key
from app.domain.steps import ProcessOutline
from app.engine.decisions import CompiledDecision, compile_decision
from app.engine.diagrams import CompiledProcess, compile_process
from app.engine.forms import Around, read_form
from app.engine.rules import rules_taken_in
from app.engine.seam import Binding, CallableVersion, Surroundings
from app.storage.rows import Definition, Instance
from app.storage.unit_of_work import UnitOfWork

T = TypeVar("T")


class _Kept(Generic[T]):
    """Parsed things of this process, the least used forgotten first; what is published never changes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            found = self._things.get(key)
            if found is not None:
                self._things.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._things[key] = made
            while len(self._things) > self._size:
                self._things.popitem(last=False)
        return made


_processes: _Kept[CompiledProcess] = _Kept(200)
_definitions: _Kept[Definition] = _Kept(200)
_decisions: _Kept[CompiledDecision] = _Kept(500)
_forms: _Kept[FormDefinition] = _Kept(1000)


def process_of(uow: UnitOfWork, definition_key: int) -> CompiledProcess:
    """Return the parsed process version; its XML is read only the first time."""

    def parse() -> CompiledProcess:
        definition = uow.definitions.get(definition_key)
        return compile_process(uow.definitions.runnable(definition_key), definition.process_id, definition.diagram_hash)

    return _processes.get(definition_key, parse)


def rules_for(uow: UnitOfWork, wanted: Collection[str], *, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the common rules, and of those that they take in: as given, else as published, else not."""
    rules: dict[str, bytes] = {}
    wanted = set(wanted)
    while wanted:
        found = {**uow.shared_rules.latest(wanted), **{name: given[name] for name in wanted & given.keys()}}
        rules |= found
        wanted = {rule_id for xml in found.values() for rule_id in rules_taken_in(xml)} - rules.keys()
    return rules


def form_of(uow: UnitOfWork, definition_key: int, form_id: str) -> FormDefinition:
    """Return the form as the process version was published with it. :raises NotFound: it has no such form"""
    return _forms.get(
        (definition_key, form_id), lambda: read_form(uow.definitions.form_source(definition_key, form_id))
    )


def consultation_form(uow: UnitOfWork, form_id: str) -> FormDefinition:
    """Return a form of the consultation hour's items as it was published last. :raises NotFound: it was not"""
    found = uow.definitions.find_latest(ITEM_PROCESS)
    if found is None:
        raise NotFound("process", ITEM_PROCESS)
    return form_of(uow, found.key, form_id)


def survey_form(uow: UnitOfWork, form_id: str) -> FormDefinition:
    """Return the newest version of a form that no process pins, as anonymous answers use. :raises NotFound: none"""
    found = uow.definitions.latest_forms([form_id]).get(form_id)
    if found is None:
        raise NotFound("form", form_id)
    return _newest_form(uow, found[0])


def newest_forms(uow: UnitOfWork, form_ids: Collection[str]) -> list[FormDefinition]:
    """Return the newest version of each of the forms that are published."""
    return [_newest_form(uow, key) for key, _ in uow.definitions.latest_forms(form_ids).values()] if form_ids else []


def _newest_form(uow: UnitOfWork, key: int) -> FormDefinition:
    return _forms.get(("newest", key), lambda: read_form(uow.definitions.source_of_form(key)))


def surroundings(
    uow: UnitOfWork,
    process: CompiledProcess,
    *,
    definition_key: int,
    case_key: int | None,
    area_id: str,
    now: datetime,
    instance_key: int = 0,
) -> Surroundings:
    """
    Return what one step may look at: only the facts, reference data and decisions that the process refers to.

    `definition_key` is the version that runs; processes that it calls are loaded when the step asks for them. Loaded
    under the instance's lock and after the form was stored, so that the step sees what was just answered.
    """
    return Surroundings(
        now=now,
        new_key=new_key,
        contexts=contexts(uow, process.outline.references, case_key=case_key, area_id=area_id, now=now),
        decisions=_decisions_of(uow, process.outline, definition_key),
        instance_key=instance_key,
        has_case=case_key is not None,
        processes=CallableProcesses(uow, definition_key=definition_key, case_key=case_key, area_id=area_id, now=now),
    )


class CallableProcesses:
    """
    The published processes that one step may call (app.engine.seam.PublishedProcesses).

    Reads the database only when the step calls something, and facts, reference data and decisions once for each
    version that runs in it.
    """

    def __init__(
        self, uow: UnitOfWork, *, definition_key: int, case_key: int | None, area_id: str, now: datetime
    ) -> None:
        self._uow = uow
        self._definition_key = definition_key
        self._case_key = case_key
        self._area_id = area_id
        self._now = now
        self._versions: dict[int, CallableVersion] = {}

    def choose(
        self, process_id: str, binding: Binding, *, version_tag: str, caller_definition_key: int | None
    ) -> CallableVersion | None:
        """
        Return the version of the process that the binding names, None where there is none.

        :raises EngineFault: this build cannot run it
        """
        definitions = self._uow.definitions
        if binding is Binding.VERSION_TAG:
            found = definitions.find_tagged(process_id, version_tag)
        elif binding is Binding.DEPLOYMENT:
            found = definitions.find_published_with(process_id, caller_definition_key or self._definition_key)
        else:
            found = definitions.find_latest(process_id)
        if found is None:
            return None
        try:
            return self.version(found.key)
        except InvalidDiagram:
            raise EngineFault("called_process_unreadable", f"this build cannot run {process_id}") from None

    def version(self, definition_key: int) -> CallableVersion:
        """Return that version. :raises NotFound: no such version"""
        if definition_key not in self._versions:
            definition = _definitions.get(definition_key, lambda: self._uow.definitions.get(definition_key))
            process = process_of(self._uow, definition_key)
            self._versions[definition_key] = CallableVersion(
                definition_key=definition_key,
                version=definition.version,
                process=process,
                contexts=contexts(
                    self._uow,
                    process.outline.references,
                    case_key=self._case_key,
                    area_id=self._area_id,
                    now=self._now,
                ),
                decisions=_decisions_of(self._uow, process.outline, definition_key),
            )
        return self._versions[definition_key]


def contexts(
    uow: UnitOfWork, references: frozenset[str], *, case_key: int | None, area_id: str, now: datetime
) -> Mapping[str, Mapping[str, Any]]:
    """Return the read-only contexts `asia` and `viite` with the names referred to; an unknown fact is null."""
    facts = {name.removeprefix("asia.") for name in references if name.startswith("asia.")}
    reference = {name.removeprefix("viite.") for name in references if name.startswith("viite.")}
    return {
        "asia": uow.care.facts(case_key, facts, now=now) if facts and case_key else dict.fromkeys(facts),
        "viite": uow.reference.context(reference, area_id=area_id) if reference else {},
    }


def _decisions_of(uow: UnitOfWork, outline: ProcessOutline, definition_key: int) -> Mapping[str, CompiledDecision]:
    decisions = _Decisions(uow, outline.decision_tags)
    if outline.pinned_decision_ids:
        decisions.load(uow.definitions.pinned_decisions(definition_key))
    # a version from before decisions were bound has none of its own
    if newest := outline.decision_ids.difference(decisions):
        decisions.load(uow.definitions.latest_decisions(newest, tags=outline.decision_tags))
    return decisions


class _Decisions(Mapping[str, CompiledDecision]):
    """Decisions by id: those that the process names at once, one whose id is computed when it is asked."""

    def __init__(self, uow: UnitOfWork, tags: Mapping[str, str]) -> None:
        self._uow = uow
        self._tags = tags
        self._loaded: dict[str, CompiledDecision] = {}

    def load(self, versions: Mapping[str, tuple[str, int]]) -> None:
        """Load these versions: content hash and key by decision."""
        for decision_id, (content_hash, key) in versions.items():
            self._loaded[decision_id] = _decisions.get(
                (decision_id, content_hash),
                lambda key=key, decision_id=decision_id: compile_decision(  # type: ignore[misc]
                    self._uow.definitions.decision_xml(key),
                    decision_id,
                    imports=self._uow.decision_models.imports_of(key),
                ),
            )

    def __getitem__(self, decision_id: str) -> CompiledDecision:
        if decision_id not in self._loaded:
            self.load(self._uow.definitions.latest_decisions([decision_id], tags=self._tags))
        return self._loaded[decision_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


def locked_surroundings(
    uow: UnitOfWork, process: CompiledProcess, instance: Instance, *, now: datetime
) -> Surroundings:
    """Return what a step of the locked instance may look at."""
    return surroundings(
        uow,
        process,
        definition_key=instance.definition_key,
        case_key=instance.case_key,
        area_id=instance.area_id,
        now=now,
        instance_key=instance.key,
    )


def around_form(
    uow: UnitOfWork,
    form: FormDefinition,
    *,
    case_key: int | None,
    area_id: str,
    known: Values | None = None,
    documents: Mapping[str, StoredFile] | None = None,
    now: datetime,
) -> Around:
    """Return what the form needs from outside of it: contexts, the options of lists that it offers, files that wait."""
    return Around(
        now=now,
        contexts=contexts(uow, form.references, case_key=case_key, area_id=area_id, now=now),
        choices=choices_of(uow, form, area_id=area_id),
        known=known or {},
        documents=documents or {},
    )


def choices_of(uow: UnitOfWork, form: FormDefinition, *, area_id: str) -> dict[str, Sequence[Option]]:
    """Return the options of each list that fields of the form offer."""
    return {source: options_of(uow, source, area_id=area_id) for source in _sources(form)}


@lru_cache(maxsize=1000)
def _sources(form: FormDefinition) -> frozenset[OptionSource]:
    """Return the lists that fields of the form offer."""
    return frozenset(item.source for _, item in form.walk() if item.source is not None)


#: options that are rows of the reference data, by their kind there
_KINDS = {
    OptionSource.SERVICES: "service",
    OptionSource.LANGUAGES: "language",
    OptionSource.SOURCES: "source",
    OptionSource.COUNTRIES: "country",
    OptionSource.MUNICIPALITIES: "municipality",
}


def choices_of_fields(uow: UnitOfWork, fields: Sequence[Field], *, area_id: str) -> dict[str, Sequence[Option]]:
    """Return the options of each list that the fields, or columns of their rows, take theirs from."""
    every = [item for asked in fields for item in (asked, *asked.fields)]
    sources = {item.source for item in every if item.source is not None}
    return {source: options_of(uow, source, area_id=area_id) for source in sources}


def options_of(uow: UnitOfWork, source: OptionSource, *, area_id: str) -> list[Option]:
    """Return the options of a list that forms offer, as it holds in the area."""
    if source is OptionSource.USERS:
        return [Option(str(key), {"fi": name}) for key, name in uow.accounts.people_of(area_id)]
    if source is OptionSource.ORGANISATIONS:
        return [Option(key, name) for key, name in uow.accounts.organisations()]
    if source is OptionSource.ROLES:
        return [Option(key, name) for key, name in uow.accounts.roles()]
    values = uow.reference.values(_KINDS[source], area_id=area_id)
    return [Option(key, value["name"]) for key, value in values.items()]


# -- the first contact over the network ---------------------------------------------------------------------------


def municipalities_of(uow: UnitOfWork) -> list[Municipality]:
    """Return the municipalities of all areas."""
    kind = _KINDS[OptionSource.MUNICIPALITIES]
    return [
        Municipality(id=key, name=value["name"], area_id=area_id)
        for area_id in uow.reference.areas()
        for key, value in uow.reference.values(kind, area_id=area_id).items()
    ]


def first_contact_of(uow: UnitOfWork, municipality_id: str) -> FirstContact | None:
    """Return where contacts of the municipality's residents begin, None where its area does not take them here."""
    found = next((each for each in municipalities_of(uow) if each.id == municipality_id), None)
    return None if found is None else _first_contact(uow, found)


def takes_first_contacts(uow: UnitOfWork) -> bool:
    """Tell whether some area takes first contacts over the network."""
    # one municipality of an area tells for all of them
    areas = {each.area_id: each for each in municipalities_of(uow)}
    return any(_first_contact(uow, each) is not None for each in areas.values())


def _first_contact(uow: UnitOfWork, municipality: Municipality) -> FirstContact | None:
    names = {f"alue.{PATHWAY_SETTING}", f"alue.{UNIT_SETTING}"}
    settings = uow.reference.context(names, area_id=municipality.area_id)["alue"]
    definition = uow.definitions.find_latest(settings[PATHWAY_SETTING] or "")
    organisation = uow.care.places.organisation_of(settings[UNIT_SETTING] or "")
    if definition is None or not organisation:
        return None
    outline = process_of(uow, definition.key).outline
    starts = [event.element_id for event in outline.start_events if event.properties.get(FIRST_CONTACT) == "true"]
    forms = {element.element_id: element.form_id for element in outline.elements}
    for source, target in outline.ways:
        if source in starts and (form_id := forms.get(target)):
            return FirstContact(
                municipality=municipality,
                definition_key=definition.key,
                start_element_id=source,
                form_id=form_id,
                organisation_id=organisation,
                unit_id=settings[UNIT_SETTING],
            )
    return None
