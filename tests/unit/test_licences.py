"""
What we run on is free to use beside the EUPL: no GPL and no AGPL at run time, LGPL only where it can be replaced.

Reads the locks and the metadata of the installed packages; a package without a licence that we can read must be looked
at by a person and entered here.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements"

#: may be used at run time only as unmodified wheels that anybody can replace; named in NOTICE
REPLACEABLE_LGPL = {"psycopg", "psycopg-binary", "spiffworkflow"}
#: tools of the developers under GPL; never imported by the product, never in the image
GPL_TOOLS = {"codespell", "djlint"}
#: packages for other platforms or Python versions than the one that runs the test, looked up by hand
LOOKED_UP = {
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "win32-setctime": "MIT",
}
PERMISSIVE = re.compile(
    r"apache|bsd|\bmit\b|\bisc\b|psf|python software foundation|mpl|mozilla|zlib|unlicense|cc0|public domain",
    re.IGNORECASE,
)
GPL = re.compile(r"(?<!l)(?<!lesser )\ba?gpl|affero|(?<!lesser )general public licen[cs]e", re.IGNORECASE)
LGPL = re.compile(r"\blgpl|lesser general public", re.IGNORECASE)
#: npm licences that ask for nothing more than their text; bpmn.io's asks for its mark to stay visible (NOTICE)
NPM_LICENCES = {"MIT", "ISC", "0BSD", "BSD-0-Clause", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "OFL-1.1"}
BPMN_IO = {"bpmn-js", "dmn-js", "dmn-js-decision-table", "dmn-js-drd", "dmn-js-literal-expression", "dmn-js-shared"}


def locked(name: str) -> list[str]:
    """Return the packages of the lock."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", (LOCKS / f"{name}.txt").read_text(), re.MULTILINE)


def licence_of(package: str) -> str:
    """Return what the package says of its licence: SPDX expression, classifiers, or the first words of its field."""
    if package in LOOKED_UP:
        return LOOKED_UP[package]
    try:
        data = metadata(package)
    except PackageNotFoundError:
        pytest.fail(f"{package} is locked but not installed here: look its licence up and enter it in LOOKED_UP")
    classifiers = [text for text in data.get_all("Classifier", []) if text.startswith("License ::")]
    return " ".join([data.get("License-Expression") or "", *classifiers, (data.get("License") or "")[:80]]).strip()


@pytest.mark.parametrize("package", locked("run"))
def test_nothing_that_runs_is_under_gpl_or_agpl(package: str) -> None:
    licence = licence_of(package)
    if LGPL.search(licence):
        assert package in REPLACEABLE_LGPL, licence
        assert package.removesuffix("-binary") in (ROOT / "NOTICE").read_text().lower()
    else:
        assert not GPL.search(licence), licence
        assert PERMISSIVE.search(licence), f"{package}: {licence or 'no licence given'}"


@pytest.mark.parametrize("package", sorted(set(locked("dev")) - set(locked("run"))))
def test_tools_under_gpl_are_known_by_name(package: str) -> None:
    assert bool(GPL.search(licence_of(package))) == (package in GPL_TOOLS), licence_of(package)


def test_no_gpl_tool_is_imported_by_the_product() -> None:
    sources = "\n".join(path.read_text() for folder in ("app", "workers") for path in (ROOT / folder).rglob("*.py"))
    for tool in GPL_TOOLS:
        assert not re.search(rf"^\s*(import|from) {tool}\b", sources, re.MULTILINE)


def test_the_rules_tell_the_licences_apart() -> None:
    assert GPL.search("GPL-3.0-or-later")
    assert GPL.search("AGPL-3.0-only")
    assert GPL.search("License :: OSI Approved :: GNU General Public License v2 (GPLv2)")
    assert GPL.search("GNU Affero General Public License")
    assert not GPL.search("LGPL-3.0-only")
    assert not GPL.search("GNU Lesser General Public License")
    assert not PERMISSIVE.search("GNU General Public License v3")


def test_every_locked_file_has_a_hash_and_no_host_is_named() -> None:
    for name in ("run", "build", "dev", "uv"):
        text = (LOCKS / f"{name}.txt").read_text()
        assert "://" not in text
        assert not re.search(r"^--|find-links|index-url", text, re.MULTILINE)
        for block in re.split(r"\n(?=[A-Za-z0-9])", text):
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_smaller_locks_have_the_versions_of_the_largest() -> None:
    pinned = {
        name: set(re.findall(r"^(\S+==\S+)", (LOCKS / f"{name}.txt").read_text(), re.MULTILINE))
        for name in ("run", "build", "dev")
    }
    assert pinned["run"] < pinned["build"] < pinned["dev"]


def test_front_end_packages_ask_for_nothing_that_we_do_not_do() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for place, entry in lock["packages"].items():
        name = place.rpartition("node_modules/")[2]
        if not name or entry.get("dev"):
            continue
        assert entry.get("license") in NPM_LICENCES or name in BPMN_IO, f"{name}: {entry.get('license')}"
        assert "resolved" not in entry, f"{name} names a host"


def test_our_own_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    for article in range(1, 16):
        assert re.search(rf"^{article}\.\s?\w", text, re.MULTILINE), article
    assert "GNU Lesser General Public Licence (LGPL) v. 2.1, v. 3" in text
    assert text.rstrip().endswith(
        "All other changes or additions to this Appendix require the production of a new EUPL version."
    )
