# SPDX-License-Identifier: ISC
"""quickstart: its arguments, and a whole demo."""
import pathlib
import shutil
import socket
import tempfile

import pytest

from conftest import PATH, SOURCE, free_port, run


def quickstart(*args):
    return run(SOURCE / "quickstart", *args, check=False)


@pytest.mark.parametrize("args, text", [
    (["--foo"], "--foo: unknown option"),
    (["extra"], "extra: unexpected argument"),
    (["--dir"], "--dir: requires a value"),
    (["--dir", "--stop"], "--dir: requires a value"),
    (["--port="], "--port: requires a value"),
    (["--port", "65536"], "--port: must be between 1 and 65535"),
    (["--server", "x"], "--server: must be nginx or apache")])
def test_wrong(tmp_path, args, text):
    p = quickstart("--dir", tmp_path / "none", *args)
    assert p.returncode == 64 and p.stdout == ""
    assert p.stderr == f"quickstart: {text} (see ./quickstart --help)\n"


def test_help():
    text = quickstart("--help").stdout
    assert "apt-get" in text and "To remove a demo" in text


def test_stop_without_a_demo(tmp_path):
    p = quickstart("--stop", "--dir", tmp_path / "typo")
    assert p.returncode == 1
    assert f"there is no demo in {tmp_path}/typo" in p.stderr


def test_keeps_the_port(tmp_path):
    """Without --port it takes that of the last start: here one in use."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (tmp_path / "run").mkdir()
        (tmp_path / "run/port").write_text(f"{port}\n")
        p = quickstart("--dir", tmp_path)
    assert p.returncode == 1
    assert f"--port: {port} is in use on 127.0.0.1" in p.stderr


@pytest.fixture
def folder():
    """One that the system users can reach, unlike those of pytest."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="creel-demo-"))
    path.chmod(0o755)
    yield path
    run(SOURCE / "quickstart", "--stop", "--dir", path, check=False)
    shutil.rmtree(path)


def test_demo(folder):
    """A whole demo: at most 12 lines, which work as printed."""
    p = run(SOURCE / "quickstart", "--dir", folder, "--port",
            str(free_port()), "--detach")
    lines = p.stdout.splitlines()
    assert len(lines) <= 12, p.stdout
    commands = [line for line in lines
                if line.startswith((". ", "curl ", '"$CREELCTL'))]
    got = run("bash", "-ec", "\n".join(commands), env={"PATH": PATH}).stdout
    assert got.count("HTTP/1.1 200") == 2
    assert "/hooks/incoming/" in got and "/ring" in got, got
    stopped = run(SOURCE / "quickstart", "--stop", "--dir", folder).stdout
    assert stopped == f"The demo in {folder} is stopped\n"
