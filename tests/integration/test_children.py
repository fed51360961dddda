"""Child processes of the embedded default: they end with their parent, are told to stop kindly, and share no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.supervisor.children import Child, Program
from app.supervisor.folder_lock import FolderInUse, FolderLock
from app.supervisor.valkey import LONGEST_SOCKET_PATH, EmbeddedValkey
from tests.servers import ValkeyServer


def alive(pid: int) -> bool:
    """Return whether the process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def python(source: str, *, grace: float = 5.0) -> Program:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return Program(name="test", command=[sys.executable, "-c", source], environment=environment, grace=grace)


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_parent_however_that_ends(tmp_path: Path, death: signal.Signals) -> None:
    source = (
        "import os, time\n"
        "from app.supervisor.children import Child, Program\n"
        "child = Child(Program(name='x', command=['sleep', '600'], environment=dict(os.environ), grace=1.0))\n"
        "child.start(); print(child.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(death)
    assert within(3.0, lambda: not alive(pid))


def test_a_child_that_will_not_stop_is_ended_after_its_grace_with_all_that_it_started(tmp_path: Path) -> None:
    noted = tmp_path / "grandchild"
    child = Child(
        python(
            "import pathlib, signal, subprocess, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            f"pathlib.Path({str(noted)!r}).write_text(str(subprocess.Popen(['sleep', '600']).pid))\n"
            "time.sleep(600)\n",
            grace=0.3,
        )
    )
    child.start()
    assert within(10.0, lambda: noted.exists() and noted.read_text() != "")
    assert child.stop() is False
    assert not alive(child.pid)
    assert within(2.0, lambda: not alive(int(noted.read_text())))


def test_a_child_that_stops_in_time_needs_no_force() -> None:
    child = Child(python("import time; time.sleep(600)"))
    child.start()
    assert child.stop() is True


def test_a_child_that_keeps_dying_young_is_started_ever_less_often() -> None:
    child = Child(python("raise SystemExit(3)"))
    pauses = []
    for _ in range(10):
        child.start()
        assert within(10.0, lambda: child.exit_code is not None)
        pauses.append(child.plan_restart())
    assert pauses[:4] == [0.0, 0.5, 1.0, 2.0]
    assert pauses[-1] == Child.LONGEST_PAUSE


def test_one_data_folder_has_one_supervisor(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(FolderInUse) as refused:
        FolderLock(tmp_path)
    assert refused.value.pid == str(os.getpid())
    lock.release()
    FolderLock(tmp_path).release()


def test_a_killed_supervisor_leaves_the_folder_free(tmp_path: Path) -> None:
    source = (
        "import time, pathlib\n"
        "from app.supervisor.folder_lock import FolderLock\n"
        f"lock = FolderLock(pathlib.Path({str(tmp_path)!r})); print('held', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(FolderInUse):
            FolderLock(tmp_path)
        holder.kill()
    FolderLock(tmp_path).release()


def test_an_old_valkey_on_the_folder_is_ended_and_nothing_is_lost(tmp_path: Path) -> None:
    old = ValkeyServer(tmp_path)
    old.start()
    with old.client() as client:
        client.set("seen", "yes")
    new = ValkeyServer(tmp_path)
    embedded = EmbeddedValkey(tmp_path)
    assert embedded.end_old() == old.pid
    assert not alive(old.pid)
    new.start()
    with new.client() as client:
        assert client.get("seen") == b"yes"
    assert EmbeddedValkey(tmp_path).end_old() == new.pid
    new.stop()


def test_a_strange_process_with_the_old_pid_is_left_alone(tmp_path: Path) -> None:
    embedded = EmbeddedValkey(tmp_path)
    with subprocess.Popen(["sleep", "600"], cwd=tmp_path) as stranger:
        (tmp_path / "valkey" / "valkey.pid").write_text(str(stranger.pid))
        assert embedded.end_old() == 0
        assert stranger.poll() is None
        stranger.kill()


def test_valkey_answers_only_with_the_password(own_valkey: ValkeyServer) -> None:
    wrong = own_valkey.url.replace("redis+socket://:", "redis+socket://:x")
    stranger = EmbeddedValkey.__new__(EmbeddedValkey)
    stranger.socket_path = Path(wrong.split("@", 1)[1])
    stranger._password = "wrong"
    assert not stranger.answers()


def test_a_deep_data_folder_is_no_trouble_for_the_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    server = ValkeyServer(deep)
    assert len(str(deep)) > LONGEST_SOCKET_PATH
    server.start()
    with server.client() as client:
        assert client.ping()
    server.stop()


def test_the_password_is_not_in_the_list_of_processes(own_valkey: ValkeyServer) -> None:
    password = own_valkey.url.split(":", 2)[2].split("@")[0]
    assert len(password) > 30
    assert password not in Path(f"/proc/{own_valkey.pid}/cmdline").read_text()
    assert password not in Path(f"/proc/{own_valkey.pid}/environ").read_text()
