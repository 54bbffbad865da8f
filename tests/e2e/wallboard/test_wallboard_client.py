# SPDX-License-Identifier: ISC
"""Clients of Wallboard's door: the sample of the product's page, and a
browser's address bar.

TEST_WALLBOARD  folder with sample.js of tests/e2e/wallboard/npm and the
                packages that its package.json names; without it its test is
                skipped
"""
import json
import os
import pathlib
import re
import shutil

import pytest

from conftest import PATH, program, run
from wallboard_api import ENDPOINT, VECTORS, Door, event

FOLDER = os.environ.get("TEST_WALLBOARD")
BROWSER = shutil.which("chromium", path=PATH)


@pytest.fixture(scope="module")
def door(stack):
    d = Door(stack)
    for text in VECTORS:
        d.action(json.loads(text)["event_id"])
    return d


def newest(stack):
    return event(stack, stack.psql(
        "SELECT id FROM creel.event ORDER BY received_at DESC LIMIT 1"))


# -- the sample

@pytest.fixture
def sample(stack, door, tmp_path):
    """sample(event_id, key): runs it; returns its output. Ids and keys are
    JavaScript expressions."""
    if not FOLDER:
        pytest.skip("TEST_WALLBOARD is not set")

    def run_sample(event_id, key, check=True):
        text = (pathlib.Path(FOLDER) / "sample.js").read_text()
        for name, value in (("server", stack.url), ("apiKey", key),
                            ("event_id", event_id)):
            text = text.replace("{{" + name + "}}", value)
        (tmp_path / "sample.js").write_text(text)
        return run(program("node"), tmp_path / "sample.js", check=check,
                   env={**os.environ,
                        "NODE_PATH": str(pathlib.Path(FOLDER) /
                                         "node_modules")})
    return run_sample


def test_sample(stack, door, sample):
    for event_id in ("289478969", "'289478969'", '"a??>>b"'):
        before = door.events()
        p = sample(event_id, f"'{door.key}'")
        assert re.match(r"\{\s*message: 'success'", p.stdout), p.stdout
        assert door.events() == before + 1
        e = newest(stack)
        assert e["parsed"]["eventId"] == event_id.strip("'\"")
        assert e["headers"]["content-type"] == "application/json"


def test_sample_fails(door, sample):
    """It throws when the message is Error."""
    before = door.events()
    for event_id, key in (("'nothing'", door.key), ("289478969", "ck_x")):
        p = sample(event_id, f"'{key}'", check=False)
        assert p.returncode != 0 and "Error" in p.stderr
        assert "success" not in p.stdout
    assert door.events() == before


# -- a browser

@pytest.fixture
def opened(stack, tmp_path):
    """opened(url): the page that a browser shows."""
    if not BROWSER:
        pytest.skip("chromium is not installed")

    def open_page(url):
        return run(BROWSER, "--headless", "--no-sandbox", "--disable-gpu",
                   "--disable-dev-shm-usage", "--no-first-run",
                   f"--user-data-dir={tmp_path}/profile", "--dump-dom", url,
                   env={**os.environ, "HOME": str(tmp_path)},
                   timeout=120).stdout
    return open_page


@pytest.mark.parametrize("text", VECTORS)
def test_address_bar(stack, door, opened, text):
    """wire/wallboard 5.3: the page shows success, and the action was called
    once."""
    before = door.events()
    page = opened(f"{stack.url}{ENDPOINT}?apiKey={door.key}"
                  f"&payload={VECTORS[text]}")
    assert '{"message":"success",' in page, page
    assert door.events() == before + 1
    e = newest(stack)
    assert e["body"] == text and e["headers"]["sec-fetch-mode"] == "navigate"


def test_address_bar_rejected(stack, door, opened):
    before = door.events()
    page = opened(f"{stack.url}{ENDPOINT}?apiKey={door.key}&payload=x")
    assert '{"message":"Error","error":"' in page, page
    assert door.events() == before
