"""The directory of services: found by word or need, one by one, and changed by process owners; and the roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.change_directory_entry import change_service
from app.domain.directory import TEXTS, names_of_texts, revision_of
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.localized import LANGUAGES, LocalizedText
from app.queries.directory import Directory, ServiceLine, described_roles, service_directory
from app.web.access import current_actor
from app.web.asking import read, run
from app.web.language import texts
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("directory", __name__)
PATH = "/services"


@blueprint.get(PATH)
def index() -> ResponseReturnValue:
    """Show the services that were looked for, by category."""
    chosen = {name: request.args.get(name, "")[:100] for name in ("text", "need", "category", "provider")}
    page = read(service_directory, actor=current_actor(), **chosen)
    groups: dict[str, list[ServiceLine]] = {}
    for line in page.lines:
        groups.setdefault(shown(line.category), []).append(line)
    return render_template(
        "directory/index.html",
        groups=list(groups.items()),
        total=len(page.lines),
        chosen=chosen,
        need_options=_options(page.needs),
        category_options=_options(page.categories),
        provider_options=_options(page.organisations),
        path=PATH,
    )


@blueprint.get(f"{PATH}/roles")
def roles() -> ResponseReturnValue:
    """Show what each role does."""
    return render_template("directory/roles.html", roles=read(described_roles), path=PATH)


@blueprint.get(f"{PATH}/<service_id>")
def show(service_id: str) -> ResponseReturnValue:
    """Show one service, to process owners with its form."""
    page = _page()
    return _render(page, page.line(service_id))


@blueprint.post(f"{PATH}/<service_id>")
def change(service_id: str) -> ResponseReturnValue:
    """Write what was typed; what cannot be kept comes back with what is wrong."""
    typed = {name: request.form.get(name, "")[:5000] for name in names_of_texts()}
    owners = request.form.getlist("owners")
    say = texts()
    try:
        changed = run(
            change_service,
            service_id=service_id,
            texts=typed,
            owners=owners,
            was=request.form.get("was", ""),
            actor=current_actor(),
            now=now(),
        )
    except InvalidInput as error:
        page = _page()
        return _render(page, page.line(service_id), typed=typed, owners=owners, problems=error.problems), 422
    except Conflict:
        page = _page()
        notice = say("services.changed_meanwhile")
        return _render(page, page.line(service_id), typed=typed, owners=owners, notice=notice), 409
    flash(say("services.changed" if changed else "services.unchanged"), "success")
    return redirect(f"{PATH}/{service_id}", code=303)


def _page() -> Directory:
    return read(service_directory, actor=current_actor())


def _options(names: Mapping[str, LocalizedText]) -> list[tuple[str, str]]:
    return [("", texts()("services.any")), *((key, shown(name)) for key, name in names.items())]


def _render(
    page: Directory,
    line: ServiceLine,
    *,
    typed: Mapping[str, str] | None = None,
    owners: Sequence[str] | None = None,
    problems: Sequence[Problem] = (),
    notice: str = "",
) -> str:
    say = texts()
    present = {
        f"{part}.{language}": text.get(language, "")
        for part, text in zip(TEXTS, (line.words.description, line.words.access), strict=True)
        for language in LANGUAGES
    }
    labels = {
        f"{part}.{language}": f"{say(f'services.{part}')}, {say(f'services.in_{language}')}"
        for part in TEXTS
        for language in LANGUAGES
    }
    labels["owners"] = say("services.providers")
    return render_template(
        "directory/service.html",
        line=line,
        fields=[
            {
                "name": name,
                "label": labels[name],
                "text": (typed or present)[name],
                "language": name.rpartition(".")[2],
            }
            for name in names_of_texts()
        ]
        if page.may_change
        else [],
        owner_options=[(key, shown(name)) for key, name in page.organisations.items()],
        owners=line.words.owners if owners is None else owners,
        problems={
            problem.place: say(f"problems.{problem.code}", label=labels[problem.place], **problem.values)
            for problem in problems
        },
        notice=notice,
        was=revision_of(line.words),
        path=PATH,
    )
