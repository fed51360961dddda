"""From DMN files to a program: elements with their requirements and logic, item definitions, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import Problem
from app.domain.localized import LocalizedText
from app.engine.decisions.boxed import BoxedReader
from app.engine.decisions.document import Element, child, children, local_name, version_tag, zeebe_properties
from app.engine.decisions.types import item, name_of, names_in

#: elements that a program evaluates, by their XML name, and what the evaluator calls them
_KINDS = {
    "inputData": "inputData",
    "decision": "decision",
    "businessKnowledgeModel": "knowledge",
    "decisionService": "service",
}
_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement")
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")


@dataclass(slots=True)
class ReadElement:
    """An element of a model: its part of the program, and what pages want to know of it."""

    key: str
    written: dict[str, Any]
    name: LocalizedText
    properties: dict[str, str]
    version_tag: str
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Program:
    """All elements of a model and of the models that it imports, by key (`<namespace>#<id>`)."""

    namespace: str
    name: str
    elements: dict[str, ReadElement] = field(default_factory=dict)
    types: dict[str, dict[str, Any]] = field(default_factory=dict)
    imports: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def key(self, element_id: str) -> str:
        """Return the key of an element of the model itself."""
        return f"{self.namespace}#{element_id}"

    def closure(self, key: str) -> list[str]:
        """Return the keys of everything that the element needs, itself last."""
        seen: dict[str, None] = {}

        def visit(each: str) -> None:
            if each in seen or each not in self.elements:
                return
            seen[each] = None
            for required in needs(self.elements[each].written):
                visit(required)

        visit(key)
        return list(reversed(seen))

    def written(self) -> dict[str, Any]:
        """Return what the evaluator in V8 loads."""
        return {
            "elements": {key: element.written for key, element in self.elements.items()},
            "types": self.types,
            "imports": self.imports,
        }


def needs(written: dict[str, Any]) -> list[str]:
    """Return the keys that an element refers to."""
    return [
        *written["requires"],
        *written.get("inputs", ()),
        *written.get("inputDecisions", ()),
        *written.get("outputs", ()),
        *written.get("encapsulated", ()),
    ]


def read_program(root: Element, imported: Sequence[Element]) -> Program:
    """Read a model and the models given for its imports. What is wrong is collected, nothing is raised."""
    program = Program(namespace=root.get("namespace", ""), name=root.get("name", ""))
    given = {each.get("namespace", ""): each for each in (*imported, root)}
    for namespace, model in given.items():
        program.imports[namespace] = _imports(model)
        for missing in program.imports[namespace].keys() - given.keys():
            program.problems.append(Problem("decision_import", place=missing, values={"namespace": missing}))
    own = {namespace: _own_types(model, program.imports[namespace]) for namespace, model in given.items()}
    for namespace in given:
        program.types[namespace] = _visible_types(namespace, own, program.imports)
    for namespace, model in given.items():
        _read_model(model, namespace, program)
    _check_requirements(program)
    return program


def imported_namespaces(model: Element) -> tuple[str, ...]:
    """Return the namespaces of the models that a model imports itself."""
    return tuple(_imports(model))


def _imports(model: Element) -> dict[str, str]:
    # only models of DMN have elements; other import types (PMML, Java) are refused where something names them
    return {
        each.get("namespace", ""): name_of(each)
        for each in children(model, "import")
        if "DMN" in each.get("importType", "DMN")
    }


def _own_types(model: Element, imports: dict[str, str]) -> dict[str, Any]:
    return {name_of(each): item(each, imports) for each in children(model, "itemDefinition")}


def _visible_types(namespace: str, own: dict[str, Any], imports: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return the model's own types, and those of its imports under the import's name (not renamed inside)."""
    visible: dict[str, Any] = {}
    for imported, alias in imports.get(namespace, {}).items():
        if depth > 5 or imported not in own:
            continue
        inner = _visible_types(imported, own, imports, depth + 1)
        visible |= {_qualified(alias, name): _renamed(written, alias, inner) for name, written in inner.items()}
    visible |= own[namespace]
    return visible


def _qualified(alias: str, name: str) -> str:
    return f"{alias}.{name}" if alias else name


def _renamed(written: Any, alias: str, known: dict[str, Any]) -> Any:
    """Copy a type so that the names in it are those of the importing model."""
    if isinstance(written, list):
        return [_renamed(each, alias, known) for each in written]
    if not isinstance(written, dict):
        return written
    copy: dict[str, Any] = {key: _renamed(value, alias, known) for key, value in written.items()}
    if copy.get("kind") == "name" and copy.get("name") in known:
        copy["name"] = _qualified(alias, copy["name"])
    return copy


def _read_model(model: Element, namespace: str, program: Program) -> None:
    known = frozenset(program.types[namespace])
    for name, written in program.types[namespace].items():
        for unknown in set(names_in(written)) - known:
            program.problems.append(Problem("decision_type", place=name, name=name, values={"type": unknown}))
    for element in children(model, *_KINDS):
        element_id = element.get("id") or name_of(element)
        key = f"{namespace}#{element_id}"
        if key in program.elements:
            program.problems.append(Problem("decision_duplicate_id", place=element_id, name=name_of(element)))
            continue
        program.elements[key] = _read_element(element, key, element_id, namespace, program)


def _read_element(element: Element, key: str, element_id: str, namespace: str, program: Program) -> ReadElement:
    reader = BoxedReader(place=element_id, imports=program.imports[namespace], types=program.types[namespace])
    kind = _KINDS[local_name(element)]
    variable = child(element, "variable")
    written: dict[str, Any] = {
        "kind": kind,
        "id": element_id,
        "name": (name_of(variable) if variable is not None else "") or name_of(element),
        "model": namespace,
        # the variable of a service is a function: its type tells that of the result
        "type": None if variable is None or kind == "knowledge" else reader.type_of(variable),
        "requires": _requirements(element, namespace),
        "logic": None,
    }
    if kind == "decision":
        written["logic"] = reader.read_in(element)
    elif kind == "knowledge":
        written["logic"] = _knowledge(element, reader)
    elif kind == "service":
        written |= {
            name: [_key(each, namespace) for each in children(element, tag)]
            for name, tag in (
                ("outputs", "outputDecision"),
                ("encapsulated", "encapsulatedDecision"),
                ("inputDecisions", "inputDecision"),
                ("inputs", "inputData"),
            )
        }
    properties = zeebe_properties(element)
    return ReadElement(key, written, _localized(element, properties), properties, version_tag(element), reader.problems)


def _knowledge(element: Element, reader: BoxedReader) -> Any:
    logic = child(element, "encapsulatedLogic")
    if logic is None:
        return None
    return {"kind": "functionDefinition", **reader.function(logic, result=reader.type_of(logic))}


def _localized(element: Element, properties: dict[str, str]) -> LocalizedText:
    names = {"fi": properties.get("kyky.name.fi") or name_of(element)}
    for language in ("sv", "en"):
        if translated := properties.get(f"kyky.name.{language}"):
            names[language] = translated
    return names


def _key(reference: Element, namespace: str) -> str:
    model, _, element_id = reference.get("href", "").strip().rpartition("#")
    return f"{model or namespace}#{element_id}"


def _requirements(element: Element, namespace: str) -> list[str]:
    return [
        _key(required, namespace)
        for requirement in children(element, *_REQUIREMENTS)
        for required in children(requirement, *_REQUIRED)
    ]


def _check_requirements(program: Program) -> None:
    for element in program.elements.values():
        for key in needs(element.written):
            if key not in program.elements:
                problem = Problem("decision_reference", element.written["id"], element.name["fi"], {"reference": key})
                element.problems.append(problem)
        if element.key in _above(program, element.key):
            element.problems.append(Problem("decision_cycle", element.written["id"], element.name["fi"]))


def _above(program: Program, start: str) -> Iterator[str]:
    """Go through the keys that an element requires, directly or not; itself only where requirements are a circle."""
    seen: set[str] = set()
    own = program.elements[start].written
    # a function may call itself
    open_keys = [key for key in needs(own) if not (key == start and own["kind"] == "knowledge")]
    while open_keys:
        key = open_keys.pop()
        yield key
        if key not in seen and key in program.elements and key != start:
            seen.add(key)
            open_keys.extend(needs(program.elements[key].written))
