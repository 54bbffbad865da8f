# SPDX-License-Identifier: ISC
"""
Concurrent changes to the same row: none undoes the other, and all lock rows in
one order.
"""
import json
import threading

from conftest import send, wait_for
from device_api import commands
from transactions import Session
from wallboard_api import Door


def beside(stack, change, call):
    """Makes a change, and commits it only when a call waits for it; returns
    the call's response."""
    session = Session(stack.cluster.host, stack.database)
    answers = []
    try:
        session.run(f"BEGIN; {change}")
        t = threading.Thread(target=lambda: answers.append(call()))
        t.start()
        wait_for(lambda: stack.psql(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()", user="postgres"),
            "the call to wait")
        yield session
        session.run("COMMIT")
        t.join()
    finally:
        session.close()
    yield answers[0]


def answer(steps):
    next(steps)
    return next(steps)


def test_action(stack):
    """A PATCH does not change properties that it does not name."""
    door = Door(stack)
    a = door.action()
    change = f"""UPDATE creel.hook SET settings =
        settings || '{{"timeout": 77}}' WHERE id = '{a["id"]}'"""
    status, after = answer(beside(stack, change, lambda: door.api.call(
        "PATCH", f"/{a['id']}", {"name": "other"})))
    assert status == 200
    assert (after["name"], after["timeout"]) == ("other", 77)
    assert after["steps"] == a["steps"]


def device(stack):
    return stack.made("device", "create", "--application", stack.application,
                      "--name", "d")


def test_cursor(stack):
    """Of two cursors that a device sends at once the later one is stored."""
    d = device(stack)
    key, url = d["key"], stack.url
    after = json.loads(commands(stack, key).body)["cursor"]
    seen = "SELECT cursor_position FROM creel.device WHERE id = '" \
        f"{d['id']}'"
    stack.psql(f"""UPDATE creel.device SET cursor_position = 0
        WHERE id = '{d["id"]}'""")
    further = stack.psql("SELECT creel.clock()")
    change = f"""UPDATE creel.device SET cursor_position = {further}
        WHERE id = '{d["id"]}'"""
    assert answer(beside(stack, change, lambda: send(
        url, "GET", "/devices/me/commands?after=" + after,
        [("ApiKey", key)]))).status == 200
    assert int(after.split(":")[2]) < int(further)
    assert stack.psql(seen) == further


def test_key(stack):
    """Replacing a device's key waits for a change of the device, and holds no
    lock that the change needs."""
    d, url = device(stack), stack.url
    token = stack.new_token("device.patch", "commands.get", "receipts.post",
                            "datasource.get")
    steps = beside(
        stack, f"UPDATE creel.device SET name = 'e' WHERE id = '{d['id']}'",
        lambda: send(
            url, "POST", f"/applications/{stack.application}/devices/"
            f"{d['id']}/key", [("Authorization", f"Bearer {token}")], b""))
    session = next(steps)
    session.run("SET lock_timeout = 100; UPDATE creel.credential "
                f"SET name = 'e' WHERE id = '{d['id']}';")
    assert next(steps).status == 200
