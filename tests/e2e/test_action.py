"""Actions: made, listed, changed and deleted as Losant's resources are."""
# route: GET /applications/:application/actions
# route: POST /applications/:application/actions
# route: GET /applications/:application/actions/:action
# route: PATCH /applications/:application/actions/:action
# route: DELETE /applications/:application/actions/:action
import pytest

from losant_api import DATE, ID, UNKNOWN, Api
from wallboard_api import ALL, PAUSE, Door, event, failed, success

URL = {"function": "LOAD_URL", "parameters": {"url": "https://example.org/"},
       "targets": ALL}


@pytest.fixture(scope="module")
def door(stack):
    return Door(stack)


@pytest.fixture(scope="module")
def api(door):
    return door.api


def step(function="PAUSE_LOOP", targets=ALL, **more):
    return {"function": function, "targets": targets, **more}


def device(stack, application, table="device"):
    """A device or a group, made with SQL; gives its id."""
    id = stack.psql("SELECT substr(md5(random()::text), 1, 24)")
    more = ("", "") if table == "device_group" else (
        ", cursor_transaction_id, cursor_event_id",
        ", 0, '00000000-0000-0000-0000-000000000000'")
    stack.psql(f"""INSERT INTO creel.{table} (application_id, id, name
        {more[0]}) VALUES ('{application}', '{id}', 'd'{more[1]})""")
    return id


# -- made and shown

def test_create(api):
    a = api.new("Fire", description="all out", steps=[URL], timeout=60)
    assert ID.fullmatch(a["id"]) and a["actionId"] == a["id"]
    assert DATE.fullmatch(a["creationDate"])
    assert DATE.fullmatch(a["lastUpdated"])
    assert len(a["eventId"]) == 9 and a["eventId"].isdigit()
    del a["id"], a["actionId"], a["creationDate"], a["lastUpdated"]
    del a["eventId"]
    assert a == {"applicationId": api.application, "name": "Fire",
                 "description": "all out", "steps": [URL], "timeout": 60,
                 "enabled": True, "_type": "action"}
