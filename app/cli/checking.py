"""Check files without publishing them and without looking at what is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

import msgspec

from app.cli.context import Context, Refused, say
from app.cli.process_files import files_to_publish
from app.domain.errors import InvalidDecision, InvalidDiagram, InvalidFormDefinition, Problem
from app.engine.checks import Advice, advise_decisions, advise_diagram, without_repetition
from app.engine.decisions import read_decisions
from app.engine.diagrams import read_diagram
from app.engine.forms import form_source, read_form
from app.engine.rules import is_shared_rule, probe, read_rule
from app.locale import Texts
from app.locale.problems import problem_text


class Told(msgspec.Struct):
    """One finding: `code` names the rule, `element` the id of the place."""

    code: str
    element: str
    name: str
    text: str


class CheckedFile(msgspec.Struct):
    """
    A file and what was found.

    `verdict`: refused (cannot be published as it is), warned or clean. `standard` are the rules of BPMN that a diagram
    breaks, whether it could be run or not; `warnings` what else may go wrong.
    """

    file: str
    verdict: str
    problems: list[Told]
    standard: list[Told]
    warnings: list[Told]
    notes: list[Told]


def check_paths(context: Context) -> None:
    """
    Say of each file what would refuse it, what may go wrong, and what is to be known.

    :raises Refused: a path does not exist, or a file cannot be published as it is
    """
    files = {str(path): path.read_bytes() for path in files_to_publish(context.arguments.paths)}
    texts = Texts.load(context.arguments.language)
    rules = _rules(files.values())
    found = [_check(name, content, rules, texts) for name, content in files.items()]
    if context.arguments.json:
        say(msgspec.json.encode(found).decode())
    else:
        for each in found:
            _say(each)
    refused = sum(each.verdict == "refused" for each in found)
    if refused:
        raise Refused(f"{refused} of {len(found)} files cannot be published as they are")


def _rules(contents: Iterable[bytes]) -> dict[str, bytes]:
    rules = {}
    for content in contents:
        try:
            if is_shared_rule(content):
                rules[read_rule(content).rule_id] = content
        except InvalidDiagram:
            # told where the file itself is checked
            continue
    return rules


def _check(name: str, content: bytes, rules: Mapping[str, bytes], texts: Texts) -> CheckedFile:
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    advice = Advice()
    suffix = PurePosixPath(name).suffix.lower()
    try:
        if suffix == ".dmn":
            advice = advise_decisions(content)
            read_decisions(content)
        elif suffix in {".json", ".form"}:
            source, notes = form_source(content)
            read_form(source)
        elif is_shared_rule(content):
            read_diagram(probe(read_rule(content).rule_id, content), rules)
        else:
            notes = read_diagram(content, rules).repairs
    except (InvalidDiagram, InvalidDecision, InvalidFormDefinition) as error:
        problems = error.problems
    if suffix not in {".dmn", ".json", ".form"}:
        advice = advise_diagram(content)
    warnings = (*advice.standard, *advice.warnings)
    notes = without_repetition((*notes, *advice.notes), warnings)
    return CheckedFile(
        file=name,
        verdict="refused" if problems else "warned" if warnings else "clean",
        problems=[_told(problem, texts) for problem in problems],
        standard=[_told(broken, texts) for broken in advice.standard],
        warnings=[_told(warning, texts) for warning in advice.warnings],
        notes=[_told(note, texts) for note in notes],
    )


def _told(problem: Problem, texts: Texts) -> Told:
    text = problem_text(problem, texts)
    return Told(code=problem.code, element=problem.place, name=problem.name, text=text)


def _say(checked: CheckedFile) -> None:
    say(f"{checked.file}: {checked.verdict}")
    told = {
        "problem": checked.problems,
        "standard": checked.standard,
        "warning": checked.warnings,
        "note": checked.notes,
    }
    for kind, lines in told.items():
        for line in lines:
            say(f"  {kind} {line.code} at {line.element or '-'}: {line.text}")
