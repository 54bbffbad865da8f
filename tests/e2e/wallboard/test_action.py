# SPDX-License-Identifier: ISC
"""Actions: a REST resource like Losant's."""
# route: GET /applications/:application/actions
# route: POST /applications/:application/actions
# route: GET /applications/:application/actions/:action
# route: PATCH /applications/:application/actions/:action
# route: DELETE /applications/:application/actions/:action
# route: GET /applications/:application/actions/:action/url
import secrets
import urllib.parse

import pytest

from conftest import send, wait_for
from losant_api import DATE, ID, UNKNOWN, Api
from wallboard_api import ALL, PAUSE, Door, event, success

URL = {"function": "LOAD_URL", "parameters": {"url": "https://example.org/"},
       "targets": ALL}
STEPS_N = "steps: must have between 1 and 16 elements"


@pytest.fixture(scope="module")
def door(stack):
    return Door(stack)


@pytest.fixture(scope="module")
def api(door):
    return door.api


def step(function="PAUSE_LOOP", targets=ALL, **more):
    return {"function": function, "targets": targets, **more}


def device(stack, application, kind="device"):
    """Creates a device or a group; returns its id."""
    return stack.made(kind, "create", "--application", application,
                      "--name", "d")["id"]


# -- create and get

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


def test_defaults(api):
    a = api.new(steps=[PAUSE])
    assert a["timeout"] == 3600 and a["enabled"] is True
    assert "description" not in a
    assert api.call("GET", f"/{a['id']}", status=200)[1] == a


def test_links(api):
    a = api.new(steps=[PAUSE])
    app = f"/applications/{api.application}"
    got = api.call("GET", f"/{a['id']}", query="_links=true", status=200)[1]
    assert got["_links"] == {
        "application": {"href": app}, "actions": {"href": f"{app}/actions"},
        "self": {"href": f"{app}/actions/{a['id']}"}}


@pytest.mark.parametrize("function", [
    "ENABLE_EMERGENCY", "DISABLE_EMERGENCY", "PAUSE_LOOP", "RESUME_LOOP",
    "SEND_SENSOR_EVENT_DATA", "REFRESH_CONTENT", "RESTART_DEVICE"])
def test_functions(api, function):
    """All nine of the product's page, together with the next tests."""
    for steps in ([step(function)], [step(function, parameters={})]):
        assert api.new(steps=steps)["steps"] == steps
    api.rejected(400, f"steps[0]: parameters of {function}: body has "
                 "additional properties", "POST", body={"name": "a", "steps": [
                    step(function, parameters={"url": "https://x.org/"})]})


def test_many_steps(stack, door):
    steps = [URL] + [step("PAUSE_LOOP", {"tags": [f"t{n}"]})
                     for n in range(15)]
    door.action("many", steps)
    e = event(stack, success(door.post({"event_id": "many"})))
    assert [s["targets"] for s in e["parsed"]["steps"]] == \
        [["all"], *([f"tag:t{n}"] for n in range(15))]
    assert sorted(e["targets"]) == sorted(["all"] + [
        f"tag:t{n}" for n in range(15)])
    door.api.rejected(400, STEPS_N, "POST", body={
        "name": "a", "steps": steps + [PAUSE]})


@pytest.mark.parametrize("url", [
    "http://a", "https://example.org:8443/a/b?c=d#e", "HTTPS://[::1]:80/",
    "http://10.0.0.1/x%20y?a=b&c=/?", "http://a.b/" + "x" * 2037])
def test_url(api, url):
    api.new(steps=[step("LOAD_URL", parameters={"url": url})])


@pytest.mark.parametrize("url, text", [
    ("", None), ("example.org", None), ("ftp://example.org/", None),
    ("javascript:alert(1)", None), ("http://", None), ("http:///x", None),
    ("https:/example.org", None), ("http://a b/", None),
    ("http://a/x y", None), ("http://a/\u00fc", None), ("http://a/%zz", None),
    ("http://a/%4", None), ("http://a:65536/", None), ("http://a:x/", None),
    ("http://a:000080/", None), ("http://u:p@a/", None), ("http://[::1/", None),
    ("http://[]/", None), ("http://a/\n", None), ("http://a/<x>", None),
    ("http://a/#b#c", None), ("file:///etc/passwd", None),
    ("http://a.b/" + "x" * 2038, "url has longer length than allowed"),
    (1, "url is the wrong type"), (None, "url is the wrong type")])
def test_url_rejected(api, url, text):
    text = text or "url: must be an http or https URL"
    api.rejected(400, f"steps[0]: parameters of LOAD_URL: {text}", "POST",
                body={"name": "a", "steps": [
                    step("LOAD_URL", parameters={"url": url})]})


BAD = [
    ("steps is required", {}),
    ("steps is the wrong type", {"steps": {}}),
    (STEPS_N, {"steps": []}),
    ("steps[0] is the wrong type", {"steps": [1]}),
    ("steps[0]: function is required", {"steps": [{"targets": ALL}]}),
    ("steps[0]: function must be an enum value", {"steps": [step("load_url")]}),
    ("steps[0]: function must be an enum value", {"steps": [step("")]}),
    ("steps[0]: targets is required", {"steps": [{"function": "PAUSE_LOOP"}]}),
    ("steps[1]: parameters is required", {"steps": [PAUSE, step("LOAD_URL")]}),
    ("steps[0]: parameters is the wrong type",
     {"steps": [step(parameters=[])]}),
    ("steps[0]: parameters of LOAD_URL: url is required",
     {"steps": [step("LOAD_URL", parameters={})]}),
    ("steps[0]: parameters of LOAD_URL: body has additional properties",
     {"steps": [step("LOAD_URL", parameters={"url": "http://a/", "x": 1})]}),
    ("steps[0]: parameters of REFRESH_DATASOURCE: dataSourceId: must be 24 "
     "hex digits",
     {"steps": [step("REFRESH_DATASOURCE", parameters={"dataSourceId": "1"})]}),
    ("steps[0]: body has additional properties", {"steps": [step(x=1)]}),
    ("steps[0]: targets is the wrong type", {"steps": [step(targets=[])]}),
    ("steps[0]: targets: must not be empty", {"steps": [step(targets={})]}),
    ("steps[0]: targets: must not be empty",
     {"steps": [step(targets={"allDevices": False, "tags": []})]}),
    ("steps[0]: targets: allDevices excludes all other targets",
     {"steps": [step(targets={"allDevices": True, "tags": ["a"]})]}),
    ("steps[0]: targets: allDevices is the wrong type",
     {"steps": [step(targets={"allDevices": 1})]}),
    ("steps[0]: targets: body has additional properties",
     {"steps": [step(targets={"devices": []})]}),
    ("steps[0]: targets: deviceIds: each must be 24 hex digits",
     {"steps": [step(targets={"deviceIds": ["x"]})]}),
    ("steps[0]: targets: tags has longer length than allowed",
     {"steps": [step(targets={"tags": ["x" * 65]})]}),
    ("steps[0]: targets: tags has less length than allowed",
     {"steps": [step(targets={"tags": [""]})]}),
    ("steps[0]: targets: tags: must not contain control characters",
     {"steps": [step(targets={"tags": ["a\n"]})]}),
    ("steps[0]: targets: tags must be unique",
     {"steps": [step(targets={"tags": ["a", "a"]})]}),
    ("steps[0]: targets: tags has more items than allowed",
     {"steps": [step(targets={"tags": [str(n) for n in range(513)]})]}),
    ("timeout is less than minimum", {"steps": [PAUSE], "timeout": 0}),
    ("timeout is more than maximum", {"steps": [PAUSE], "timeout": 604801}),
    ("eventId is the wrong type", {"steps": [PAUSE], "eventId": 1}),
    ("eventId: must be 1 to 64 characters without control characters",
     {"steps": [PAUSE], "eventId": ""}),
    ("eventId: must be 1 to 64 characters without control characters",
     {"steps": [PAUSE], "eventId": "x\u0085"}),
    ("body has additional properties", {"steps": [PAUSE], "commands": []}),
    ("body has additional properties", {"steps": [PAUSE], "targets": "{all}"}),
]


@pytest.mark.parametrize("text, body", BAD)
def test_rejected(api, text, body):
    api.rejected(400, text, "POST", body={"name": "a", **body})


# -- targets

def test_devices_and_groups(stack, door):
    d, g = device(stack, door.application), device(
        stack, door.application, "group")
    targets = {"deviceIds": [d.upper()], "deviceGroupIds": [g],
               "tags": ["a \"b\"", "{c}"]}
    a = door.action("some", [step(targets=targets)])
    assert a["steps"][0]["targets"] == targets
    e = event(stack, success(door.post({"event_id": "some"})))
    assert sorted(e["targets"]) == sorted([d, g, 'tag:a "b"', "tag:{c}"])
    assert sorted(e["parsed"]["steps"][0]["targets"]) == sorted(e["targets"])


def test_unknown_targets(stack, door):
    """The first unknown one is named; another application's is unknown,
    too."""
    d = device(stack, door.application)
    theirs = device(stack, stack.other_application)
    group = device(stack, stack.other_application, "group")
    for targets, text in (({"deviceIds": [d, UNKNOWN, theirs]},
                           f'device "{UNKNOWN}"'),
                          ({"deviceIds": [d, theirs]}, f'device "{theirs}"'),
                          ({"deviceGroupIds": [group]},
                           f'device group "{group}"'),
                          # A device is not a group.
                          ({"deviceGroupIds": [d]}, f'device group "{d}"')):
        body = {"name": "a", "steps": [PAUSE, step(targets=targets)]}
        door.api.rejected(400, f"steps[1]: no {text}", "POST", body=body)
    a = door.action()
    door.api.rejected(400, f'steps[0]: no device "{theirs}"', "PATCH",
                     f"/{a['id']}",
                     {"steps": [step(targets={"deviceIds": [theirs]})]})
    assert door.api.call("GET", f"/{a['id']}")[1] == a


def test_datasource(stack, door):
    """A command for a device says where to read the value."""
    def refresh(id):
        return step("REFRESH_DATASOURCE", parameters={"dataSourceId": id})
    id, guid = stack.new_hook(door.application)
    a = door.action("data", [refresh(id)])
    assert a["steps"] == [refresh(id)]
    e = event(stack, success(door.post({"event_id": "data"})))
    assert e["parsed"]["steps"][0]["parameters"] == {
        "dataSourceId": id, "path": f"/hooks/incoming/{guid}"}
    foreign, _ = stack.new_hook(stack.other_application)
    for other in (foreign, UNKNOWN, a["id"]):
        door.api.rejected(400, f'steps[0]: no data source "{other}"', "POST",
                         body={"name": "a", "steps": [refresh(other)]})


# -- the event id

def test_event_id_in_use(stack, door):
    door.action("one")
    door.api.rejected(409, 'eventId "one": already in use', "POST",
                     body={"name": "a", "steps": [PAUSE], "eventId": "one"})
    a = Door(stack, stack.other_application).action("one")
    assert a["eventId"] == "one"


def test_event_id_stays(door):
    a = door.action("stays")
    same = door.api.call("PATCH", f"/{a['id']}", {"eventId": "stays"},
                         status=200)[1]
    assert same == a
    door.api.rejected(400, "eventId cannot be changed", "PATCH", f"/{a['id']}",
                     {"eventId": "goes"})


def test_delete(stack, door):
    """The event id is free again, and the events stay."""
    a = door.action("gone")
    old = success(door.post({"event_id": "gone"}))
    assert door.api.call("DELETE", f"/{a['id']}", status=200)[1] == {
        "success": True}
    door.api.rejected(404, "Action was not found", "GET", f"/{a['id']}")
    # Workers are notified a moment later.
    wait_for(lambda: door.post({"event_id": "gone"}).status == 404, "the end")
    b = door.action("gone")
    wait_for(lambda: door.post({"event_id": "gone"}).status == 200, "the new")
    assert event(stack, success(door.post({"event_id": "gone"})))[
        "hook_id"] == b["id"]
    assert event(stack, old)["hook_id"] == a["id"]


# -- patch and list

def test_patch(door):
    a = door.action("patch", description="d", timeout=5)
    b = door.api.call("PATCH", f"/{a['id']}", {
        "name": "b", "steps": [URL], "enabled": False}, status=200)[1]
    assert b["lastUpdated"] > a["lastUpdated"]
    assert b == {**a, "name": "b", "steps": [URL], "enabled": False,
                 "lastUpdated": b["lastUpdated"]}
    for body, text in (({"steps": []}, STEPS_N),
                       ({"timeout": "5"}, "timeout is the wrong type"),
                       ({"id": "x"}, "body has additional properties")):
        door.api.rejected(400, text, "PATCH", f"/{a['id']}", body)
    door.api.rejected(404, "Action was not found", "PATCH", f"/{UNKNOWN}",
                     {"name": "x"})
    assert door.api.call("GET", f"/{a['id']}")[1] == b


def test_list(stack):
    api = Door(stack, stack.made("application", "create", "l")["id"]).api
    for name in "cab":
        api.new(name, steps=[PAUSE])
    page = api.list(perPage=2, sortField="name", sortDirection="desc")
    assert [a["name"] for a in page["items"]] == ["c", "b"]
    assert page["totalCount"] == 3 and page["_type"] == "actions"
    assert page["items"][0]["steps"] == [PAUSE]
    assert api.names(filterField="name", filter="a*") == ["a"]


def test_scopes(stack, door):
    a = door.action()
    body = {"name": "b", "steps": [PAUSE]}
    for scope, method, path, sent in (
            ("actions.get", "GET", "", None),
            ("actions.post", "POST", "", body),
            ("action.get", "GET", f"/{a['id']}", None),
            ("action.patch", "PATCH", f"/{a['id']}", {"name": "c"}),
            ("action.delete", "DELETE", f"/{a['id']}", None)):
        others = {"actions.get", "actions.post", "action.get", "action.patch",
                  "action.delete", "action.call"} - {scope}
        door.api.rejected(403, None, method, path, sent,
                         token=stack.new_token(*others))
        status = door.api.call(method, path, sent,
                               token=stack.new_token(scope))[0]
        assert status in (200, 201)


def test_other_application(stack, door):
    a = door.action()
    theirs = Api(stack, stack.other_application, resource="actions")
    theirs.rejected(404, "Action was not found", "GET", f"/{a['id']}")
    theirs.rejected(404, "Action was not found", "DELETE", f"/{a['id']}")
    # Another kind of hook is not an action.
    door.api.rejected(404, "Action was not found", "GET", f"/{stack.hook}")
    door.api.rejected(404, "Action was not found", "DELETE", f"/{stack.hook}")
    assert stack.post().status == 200


# -- the ready URL

def new_key(stack, scope, *args):
    made = stack.made("key", "create", "--name", "k", "--application",
                      stack.application, "--scope", scope, *args)
    stack.secrets.append(made["key"])
    return made


@pytest.fixture
def sealing(make_stack, tmp_path):
    """A stack with sealed keys, its door, and such a key."""
    file = tmp_path / "keys"
    file.write_text(secrets.token_hex(32) + "\n")
    file.chmod(0o600)
    s = make_stack(key_file=file)
    door = Door(s)
    door.api.token = s.new_token("all.Application", "apiKey.view")
    return s, door, new_key(s, "action.call")


def address(door, action, key, **sensor):
    query = urllib.parse.urlencode({"apiKeyId": key["id"], **sensor})
    return door.api.call("GET", f"/{action['id']}/url", query=query,
                         status=200)[1]["url"]


def test_call_url(sealing):
    """As the product's button creates it: wire/wallboard 5.3."""
    s, door, key = sealing
    for event_id, payload in (
            ("289478969", "eyJldmVudF9pZCI6IjI4OTQ3ODk2OSJ9"),
            ("a??>>b", "eyJldmVudF9pZCI6ImE%2FPz4%2BYiJ9"),
            ("ünïcødé?>~", "eyJldmVudF9pZCI6IsO8bsOvY8O4ZMOpPz5%2BIn0%3D")):
        a = door.action(event_id)
        url = address(door, a, key)
        assert url == (f"{s.url}/public-api/integration/webhooks"
                       f"?apiKey={key['key']}&payload={payload}")
        path = url.removeprefix(s.url)
        e = event(s, success(send(s.url, "GET", path)))
        assert e["hook_id"] == a["id"]
    assert f"key={key['id']} application={s.application} shown=yes " \
        in s.logs()
    assert key["key"] not in s.logs()


def test_call_url_with_sensor_data(sealing):
    s, door, key = sealing
    a = door.action("ev-1")
    url = address(door, a, key, sensorId="sensor1", sensorEvent="button",
                  sensorValue="eventValue")
    assert url.endswith(
        "eyJzZW5zb3JfZGF0YSI6eyJpZCI6InNlbnNvcjEiLCJldmVudCI6ImJ1dHRvbiIsInZh"
        "bHVlIjoiZXZlbnRWYWx1ZSJ9LCJldmVudF9pZCI6ImV2LTEifQ%3D%3D")
    url = address(door, a, key, sensorValue='"ü"')
    e = event(s, success(send(s.url, "GET", url.removeprefix(s.url))))
    assert e["parsed"]["sensorData"] == {"value": '"ü"'}


def test_call_url_too_long(make_stack, tmp_path):
    """A URL that the door would reject is not returned."""
    (tmp_path / "keys").write_text(secrets.token_hex(32) + "\n")
    (tmp_path / "keys").chmod(0o600)
    s = make_stack(key_file=tmp_path / "keys", wallboard_query_limit="400")
    door = Door(s)
    door.api.token = s.new_token("all.Application", "apiKey.view")
    key = new_key(s, "action.call")
    a = door.action("e")
    empty = len(address(door, a, key, sensorValue="x").partition("?")[2])
    # One group of base64 more or less, as its end may be escaped.
    n = 1 + (400 - empty) // 4 * 3 - 6
    url = address(door, a, key, sensorValue="x" * n)
    success(send(s.url, "GET", url.removeprefix(s.url)))
    shown = s.logs().count("shown=yes")
    for more in (13, 70, 3000):
        query = f"apiKeyId={key['id']}&sensorValue=" + "x" * (n + more)
        error = door.api.call("GET", f"/{a['id']}/url", query=query,
                             status=400)[1]
        assert "sensor_data: too long" in error["message"]
        assert "at most 400 bytes" in error["message"]
    assert s.logs().count("shown=yes") == shown


def test_call_url_rejected(sealing):
    s, door, key = sealing
    a = door.action()
    path = f"/{a['id']}/url"
    ask = f"apiKeyId={key['id']}"
    door.api.rejected(400, "apiKeyId is required", "GET", path)
    door.api.rejected(403, None, "GET", path, query=ask,
                     token=s.new_token("action.get", "apiKey.get"))
    door.api.rejected(404, "API Key was not found", "GET", path,
                     query=f"apiKeyId={UNKNOWN}")
    door.api.rejected(404, "API Key was not found", "GET", path,
                     query="apiKeyId=x")
    door.api.rejected(404, "Action was not found", "GET", f"/{UNKNOWN}/url",
                     query=ask)
    other = new_key(s, "datasource.post")
    door.api.rejected(400, "the key lacks the scope action.call", "GET", path,
                     query=f"apiKeyId={other['id']}")
    only = new_key(s, "action.call", "--hook", s.hook)
    door.api.rejected(400, "the key has no access to the action", "GET", path,
                     query=f"apiKeyId={only['id']}")
    # A restricted credential sees no key, whatever its scopes.
    for hook in (a["id"], s.hook):
        door.api.rejected(403, None, "GET", path, query=ask, token=s.new_key(
            "apiKey.view", args=["--hook", hook]))
    # A key that is not sealed.
    s.psql(f"UPDATE creel.credential SET sealed_secret = NULL "
           f"WHERE id = '{key['id']}'")
    door.api.token, token = s.new_token(
        "apiKey.view", "action.call"), door.api.token
    door.api.rejected(409, None, "GET", path, query=ask)
    door.api.token = token
