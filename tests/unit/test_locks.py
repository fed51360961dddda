"""What runs needs nothing that the lock for running does not name: tools of the tests could hide a gap."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: imports all of the product in a process that cannot see the modules named on its command line
EVERYTHING_THAT_RUNS = """
import importlib, pkgutil, sys

class Hidden:
    names = frozenset(sys.argv[1:])
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in cls.names:
            raise ModuleNotFoundError(f"not in the lock: {name}", name=name)

sys.meta_path.insert(0, Hidden)
import app, workers
for package in (app, workers):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name not in {"app.web.wsgi", "app.supervisor.web_server"} and ".migrations" not in module.name:
            importlib.import_module(module.name)
# what libraries import only when they begin to work
for late in ("celery.app.amqp", "celery.apps.worker", "celery.bin.celery", "celery.concurrency.prefork",
             "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "kombu.transport.redis",
             "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg"):
    importlib.import_module(late)
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_all_of_the_product_can_be_imported_with_the_lock_for_running_alone() -> None:
    text = (ROOT / "requirements/run.txt").read_text()
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)} | {"kykypolku"}
    hidden = [
        module
        for module, distributions in packages_distributions().items()
        if module.isidentifier() and not any(normal(name) in locked for name in distributions)
    ]
    assert {"pytest", "hypothesis", "rich"} <= set(hidden)
    result = subprocess.run(
        [sys.executable, "-c", EVERYTHING_THAT_RUNS, *hidden], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
