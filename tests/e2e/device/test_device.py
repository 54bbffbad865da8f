# SPDX-License-Identifier: ISC
"""Devices and their groups: the REST resources, creelctl device and group."""
# route: GET /applications/:application/devices
# route: POST /applications/:application/devices
# route: GET /applications/:application/devices/:device
# route: PATCH /applications/:application/devices/:device
# route: DELETE /applications/:application/devices/:device
# route: POST /applications/:application/devices/:device/key
# route: GET /applications/:application/device-groups
# route: POST /applications/:application/device-groups
# route: GET /applications/:application/device-groups/:group
# route: PATCH /applications/:application/device-groups/:group
# route: DELETE /applications/:application/device-groups/:group
# route: POST /applications/:application/device-groups/:group/devices
import re

import pytest

from conftest import wait_for
from device_api import Devices, Groups, commands
from losant_api import DATE, DEFAULTS, HEADERS, ID, UNKNOWN, links, only
from resource_checks import is_not_shown, leaves_no_trace

SECRET = re.compile(r"ck_[A-Za-z0-9_-]{43}")
ALWAYS = {"id", "deviceId", "applicationId", "creationDate", "lastUpdated",
          "name", "tags", "deviceGroupIds", "enabled", "keyPrefix", "_type"}


@pytest.fixture
def api(stack):
    """An application without devices."""
    return Devices(stack, stack.made("application", "create", "a")["id"])


@pytest.fixture
def groups(stack, api):
    return Groups(stack, api.application)


def kept(device):
    """The members that later responses have."""
    return {k: v for k, v in device.items() if k != "key"}


# -- devices

def test_requests_of_a_client(stack, front, api):
    """Through each web server."""
    app = api.application
    api.url = front.url

    def call(method, path="", query=DEFAULTS, **k):
        return api.call(method, path, query=query, headers=HEADERS, **k)[1]

    first = call("POST", body={"name": "lobby"}, status=201)
    assert set(first) == ALWAYS | {"key", "_links"}
    assert SECRET.fullmatch(first["key"])
    assert first["key"].startswith(first["keyPrefix"])
    assert ID.fullmatch(first["id"]) and first["deviceId"] == first["id"]
    assert DATE.fullmatch(first["creationDate"])
    assert first["lastUpdated"] == first["creationDate"]
    assert (first["tags"], first["deviceGroupIds"]) == ([], [])
    assert first["enabled"] is True and first["_type"] == "device"
    assert first["_links"] == links(app, "devices", first["id"])
    second = call("POST", status=201, body={
        "name": "bar", "description": "d", "enabled": False,
        "tags": ["b", 'a,"\\{}', "ünï", "NULL"]})
    assert set(second) == set(first) | {"description"}
    assert second["tags"] == ["NULL", 'a,"\\{}', "b", "ünï"]
    assert second["enabled"] is False
    assert call("GET", status=200) == {
        "count": 2, "items": [kept(second), kept(first)],
        "applicationId": app, "perPage": 100, "page": 0, "sortField": "name",
        "sortDirection": "asc", "totalCount": 2, "_type": "devices",
        "_links": links(app, "devices")}
    path = "/" + first["id"]
    assert call("GET", path.upper(), status=200) == kept(first)
    changed = call("PATCH", path, status=200, body={
        "name": "hall", "description": "new", "tags": ["x"]})
    assert changed == {**kept(first), "name": "hall", "description": "new",
                       "tags": ["x"], "lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] > first["lastUpdated"]
    assert call("PATCH", path, status=200, body={
        "name": "hall", "tags": ["x"], "enabled": True}) == changed
    fresh = call("POST", path + "/key", status=200)
    assert SECRET.fullmatch(fresh["key"]) and fresh["key"] != first["key"]
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""),
                         ("POST", "/key")):
        assert call(method, path + rest, body="{}", status=404) == {
            "type": "NotFound", "message": "Device was not found"}
    assert call("GET", status=200)["totalCount"] == 1


@pytest.mark.parametrize("body, message", [
    ("", "Invalid JSON body"), ("[]", "body is the wrong type"),
    ("{}", "name is required"), ({"name": ""}, None),
    ({"name": "x" * 256}, None), ({"name": 1}, "name is the wrong type"),
    ({"name": "a", "tags": "x"}, "tags is the wrong type"),
    ({"name": "a", "tags": [1]}, "tags is the wrong type"),
    ({"name": "a", "tags": None}, "tags is the wrong type"),
    ({"name": "a", "tags": ["x", "x"]}, "tags must be unique"),
    ({"name": "a", "tags": [""]}, None),
    ({"name": "a", "tags": ["x\n"]}, None),
    ({"name": "a", "tags": ["\u0085"]}, None),
    ('{"name":"a","tags":["\\u0000"]}', "Invalid JSON body"),
    ({"name": "a", "tags": ["ü" * 65]}, None),
    ({"name": "a", "tags": [f"t{i}" for i in range(33)]},
     "tags has more items than allowed"),
    ({"name": "a", "enabled": 1}, "enabled is the wrong type"),
    ({"name": "a", "key": "ck_"}, "body has additional properties")])
def test_wrong_bodies(api, body, message):
    api.rejected(400, message, "POST", body=body)
    assert api.list()["totalCount"] == 0


def test_longest(api):
    tags = sorted(f"{i:02}" + "ü" * 62 for i in range(32))
    d = api.new("ü" * 255, tags=tags)
    assert d["tags"] == tags and len(d["name"]) == 255


def test_lists(api, groups):
    made = [api.new(f"n{i % 3} {i}", tags=["all", f"t{i % 2}"])
            for i in range(7)]
    group = groups.new("g", deviceIds=[d["id"] for d in made[:4]])["id"]
    by_name = sorted(d["name"] for d in made)
    by_id = [d["name"] for d in sorted(made, key=lambda d: d["id"])]
    assert api.names() == by_name
    assert api.names(sortDirection="desc") == by_name[::-1]
    for size in (1, 2, 3, 7, 8):
        for query, want in (({}, by_name), ({"sortField": "id"}, by_id),
                            ({"sortField": "id", "filterField": "tag",
                              "filter": "all"}, by_id)):
            for direction, all in (("asc", want), ("desc", want[::-1])):
                got = []
                for page in range(8):
                    got += api.names(perPage=size, page=page,
                                     sortDirection=direction, **query)
                assert got == all
    odd = sorted(d["name"] for d in made[1::2])
    p = api.list(filterField="tag", filter="t1")
    assert [d["name"] for d in p["items"]] == odd and p["totalCount"] == 3
    p = api.list(filterField="group", filter=group.upper(), perPage=2)
    assert p["totalCount"] == 4 and p["count"] == 2
    p = api.list(filterField="name", filter="N1*")
    assert [d["name"] for d in p["items"]] == ["n1 1", "n1 4"]
    for field, value in (("tag", "t"), ("tag", "*"), ("group", UNKNOWN),
                         ("group", "tag:all"), ("name", "x")):
        p = api.list(filterField=field, filter=value)
        assert p["totalCount"] == len(p["items"]) == (
            0 if (field, value) != ("group", "tag:all") else 7)
    api.rejected(400, None, "GET", query="filterField=key&filter=x")
    api.rejected(400, None, "GET", query="sortField=key")
    api.rejected(400, None, "GET", query="page=-1")


def test_key(stack, api):
    """It is valid as long as the device has it, and stored nowhere."""
    made = api.new()
    first, path = made["key"], "/" + made["id"]
    assert commands(stack, first).status == 200
    second = api.call("POST", path + "/key", status=200)[1]["key"]
    wait_for(lambda: commands(stack, first).status == 401, "the old key")
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id = "
                      f"'{made['id']}'") == "1"
    assert commands(stack, second).status == 200
    leaves_no_trace(stack, first, second)
    is_not_shown(api, path, second)
    api.call("DELETE", path, status=200)
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id = "
                      f"'{made['id']}'") == "0"
    assert stack.psql("SELECT count(*) FROM creel.credential WHERE id = "
                      f"'{made['id']}'") == "0"


def test_disabled_on_every_worker(stack, api):
    """Every worker rejects a disabled or deleted device."""
    first = stack.worker
    second = stack.start_worker()
    try:
        made = api.new()
        path = "/" + made["id"]

        def status():
            got = set()
            for one, other in ((first, second), (second, first)):
                with only(one, [other]):
                    got.add(commands(stack, made["key"]).status)
            return got
        assert status() == {200}
        for enabled, want in ((False, {401}), (True, {200})):
            api.call("PATCH", path, body={"enabled": enabled}, status=200)
            wait_for(lambda: status() == want, "both workers to hear")
        api.call("DELETE", path, status=200)
        wait_for(lambda: status() == {401}, "both workers to hear")
    finally:
        stack.stop_worker(worker=second)
        stack.worker = first


def test_rights(stack, api, groups):
    d, g = api.new()["id"], groups.new()["id"]
    devices = f"/applications/{api.application}/devices"
    of_groups = f"/applications/{api.application}/device-groups"
    for scope, method, path in (
            ("devices.get", "GET", devices),
            ("devices.post", "POST", devices),
            ("device.get", "GET", f"{devices}/{d}"),
            ("device.patch", "PATCH", f"{devices}/{d}"),
            ("device.patch", "POST", f"{devices}/{d}/key"),
            ("device.delete", "DELETE", f"{devices}/{UNKNOWN}"),
            ("deviceGroups.get", "GET", of_groups),
            ("deviceGroups.post", "POST", of_groups),
            ("deviceGroup.get", "GET", f"{of_groups}/{g}"),
            ("deviceGroup.patch", "PATCH", f"{of_groups}/{g}"),
            ("deviceGroup.patch", "POST", f"{of_groups}/{g}/devices"),
            ("deviceGroup.delete", "DELETE", f"{of_groups}/{UNKNOWN}")):
        for token, want in (
                # A key of a device can do more than devices.post.
                (stack.new_token(scope, "commands.get", "receipts.post",
                                 "datasource.get",
                                 application=api.application), None),
                (stack.new_token("commands.get", "webhooks.get",
                                 application=api.application), 403),
                (stack.new_token(scope, application=stack.application), 404),
                ("nonsense", 401)):
            status, _ = api.call(method, path, body="{}", token=token)
            assert status == want if want else status in (200, 400, 404)
    key = stack.new_key("devices.get", application=api.application, args=(
        "--hook", stack.new_hook(api.application)[0]))
    assert stack.get(devices, key).status == 403


def test_tenants(stack, api, groups):
    """Another application's devices are not found."""
    made, group = api.new(tags=["t"])["id"], groups.new()["id"]
    other = Devices(stack, stack.made("application", "create", "b")["id"])
    theirs = Groups(stack, other.application)
    own = theirs.new()["id"]
    other.rejected(404, None, "GET", "/" + made)
    other.rejected(404, None, "PATCH", "/" + made, body={"name": "x"})
    other.rejected(404, None, "POST", f"/{made}/key")
    other.rejected(404, None, "DELETE", "/" + made)
    theirs.rejected(404, None, "GET", "/" + group)
    theirs.rejected(404, None, "DELETE", "/" + group)
    theirs.rejected(404, None, "POST", f"/{group}/devices", body={})
    theirs.rejected(400, f'no device "{made}"', "POST",
                   body={"name": "g", "deviceIds": [made]})
    theirs.rejected(400, f'no device "{made}"', "POST",
                   f"/{own}/devices", body={"add": [made]})
    assert other.list()["totalCount"] == 0
    assert other.list(filterField="tag", filter="t")["count"] == 0
    assert other.list(filterField="group", filter=group)["count"] == 0


def test_application_deleted(stack, api, groups):
    d = api.new(tags=["t"])
    groups.new("g", deviceIds=[d["id"]])
    stack.creelctl("application", "delete", "--force", api.application)
    for table in ("device", "device_member", "device_group", "row_count",
                  "credential", "address"):
        assert stack.psql(f"SELECT count(*) FROM creel.{table} WHERE "
                          f"application_id = '{api.application}'") == "0"
    wait_for(lambda: commands(stack, d["key"]).status == 401, "the key")


# -- groups

def test_groups(front, api, groups):
    app = api.application
    groups.url = front.url

    def call(method, path="", query=DEFAULTS, **k):
        return groups.call(method, path, query=query, headers=HEADERS,
                           **k)[1]

    ids = sorted(api.new(f"d{i}")["id"] for i in range(5))
    first = call("POST", body={"name": "b", "deviceIds": ids[:3]}, status=201)
    one = links(app, "device-groups", first["id"], "deviceGroups")
    assert first == {
        "id": first["id"], "deviceGroupId": first["id"],
        "applicationId": app, "creationDate": first["creationDate"],
        "lastUpdated": first["creationDate"], "name": "b", "deviceCount": 3,
        "_type": "deviceGroup", "_links": one}
    second = call("POST", body={"name": "a", "description": "d"}, status=201)
    listed = call("GET", status=200)
    assert listed == {
        "count": 2, "items": [{k: v for k, v in g.items()
                               if k != "deviceCount"}
                              for g in (second, first)],
        "applicationId": app, "perPage": 100, "page": 0, "sortField": "name",
        "sortDirection": "asc", "totalCount": 2, "_type": "deviceGroups",
        "_links": links(app, "device-groups")}
    path = "/" + first["id"]
    got = call("GET", path, status=200)
    assert [d["id"] for d in got.pop("devices")] == ids[:3]
    assert (got.pop("page"), got.pop("perPage")) == (0, 100)
    assert got == first
    page = call("GET", path, query="perPage=2&page=1", status=200)
    assert [d["id"] for d in page["devices"]] == ids[2:3]
    assert api.call("GET", "/" + ids[0])[1]["deviceGroupIds"] == [first["id"]]

    def members():
        return [d["id"] for d in call("GET", path)["devices"]]
    changed = call("POST", path + "/devices", status=200, body={
        "add": ids[2:4], "remove": [ids[0], UNKNOWN]})
    assert changed["deviceCount"] == 3 and members() == ids[1:4]
    assert changed["lastUpdated"] > first["lastUpdated"]
    again = call("POST", path + "/devices", status=200, body={
        "add": ids[2:4], "remove": [ids[0]]})
    assert again == changed
    call("PATCH", path, body={"name": "c", "deviceIds": ids[4:]}, status=200)
    assert members() == ids[4:]
    call("PATCH", path, body={"description": "x"}, status=200)
    assert members() == ids[4:]
    call("PATCH", path, body={"deviceIds": []}, status=200)
    assert members() == []
    call("PATCH", path, body={"deviceIds": ids}, status=200)
    api.call("DELETE", "/" + ids[0], status=200)
    assert members() == ids[1:]
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    assert api.call("GET", "/" + ids[1])[1]["deviceGroupIds"] == []
    for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""),
                         ("POST", "/devices")):
        assert call(method, path + rest, body="{}", status=404) == {
            "type": "NotFound", "message": "Device Group was not found"}


def test_wrong_groups(api, groups):
    d = api.new()["id"]
    g = groups.new("g", deviceIds=[d])["id"]
    for body in ({}, {"name": "g", "deviceIds": "x"},
                 {"name": "g", "deviceIds": [1]},
                 {"name": "g", "deviceIds": ["x" * 24]},
                 {"name": "g", "deviceIds": [d, d]},
                 {"name": "g", "deviceIds": [UNKNOWN] * 513},
                 {"name": "g", "deviceIds": [d, UNKNOWN]},
                 {"name": "g", "devices": []}):
        groups.rejected(400, None, "POST", body=body)
    for body in ({"add": d}, {"add": [UNKNOWN]}, {"remove": ["x"]},
                 {"deviceIds": [d]}, []):
        groups.rejected(400, None, "POST", f"/{g}/devices", body=body)
    assert groups.list()["totalCount"] == 1
    assert groups.call("GET", "/" + g)[1]["deviceCount"] == 1


def test_too_many_groups(stack, api, groups):
    """A device is in at most 100 groups."""
    d = api.new()["id"]
    last = groups.new("last")["id"]
    stack.psql("INSERT INTO creel.device_member (application_id, key, "
               f"device_id) SELECT '{api.application}', lpad(to_hex(n), "
               f"24, '0'), '{d}' FROM generate_series(1, 100) AS n")
    message = f'device "{d}": already in 100 groups'
    groups.rejected(400, message, "POST", body={"name": "g",
                                               "deviceIds": [d]})
    groups.rejected(400, message, "POST", f"/{last}/devices",
                   body={"add": [d]})
    stack.psql("DELETE FROM creel.device_member WHERE key = "
               "lpad('1', 24, '0')")
    groups.call("POST", f"/{last}/devices", body={"add": [d]}, status=200)
    groups.call("POST", f"/{last}/devices", body={"add": [d]}, status=200)
    api.call("PATCH", "/" + d, body={"tags": ["t"]}, status=200)


# -- creelctl

def test_creelctl(stack, api):
    ctl, app = stack.creelctl, api.application
    made = stack.made("device", "create", "--application", app, "--name",
                      "lobby", "--tag", "a", "--tag", 'b"{', "--description",
                      "x")
    assert SECRET.fullmatch(made["key"])
    assert commands(stack, made["key"]).status == 200
    id = made["id"]
    shown = stack.made("device", "show", id)
    assert (shown["name"], shown["tags"], shown["enabled"]) == (
        "lobby", ["a", 'b"{'], True)
    assert made["key"].startswith(shown["prefix"])
    text = ctl("device", "create", "--application", app, "--name", "n").stdout
    assert SECRET.search(text) and "cannot be shown again" in text
    other = text.split()[1]
    listed = ("device", "list", "--application", app)
    assert [d["id"] for d in stack.made(*listed)] == [id, other]
    assert [d["id"] for d in stack.made(*listed, "--tag", "a")] == [id]
    assert "lobby" in ctl(*listed).stdout
    assert id not in ctl("key", "list").stdout
    assert ctl("key", "show", id, check=False).returncode != 0
    ctl("device", "disable", id)
    wait_for(lambda: commands(stack, made["key"]).status == 401, "the end")
    ctl("device", "enable", id)
    wait_for(lambda: commands(stack, made["key"]).status == 200, "it")
    ctl("device", "tag", id, "--tag", "c")
    assert stack.made("device", "show", id)["tags"] == ["c"]
    ctl("device", "tag", id)
    assert stack.made("device", "show", id)["tags"] == []
    fresh = stack.made("device", "key", id)["key"]
    wait_for(lambda: commands(stack, made["key"]).status == 401, "the end")
    assert commands(stack, fresh).status == 200
    group = stack.made("group", "create", "--application", app, "--name",
                       "g", "--device", id)["id"]
    ctl("group", "add", group, "--device", other)
    assert stack.made("group", "show", group)["devices"] == 2
    assert [d["id"] for d in stack.made(*listed, "--group", group)] == [
        id, other]
    ctl("group", "remove", group, "--device", id)
    assert [d["id"] for d in stack.made(*listed, "--group", group)] == [other]
    assert [g["id"] for g in stack.made("group", "list", "--application",
                                        app)] == [group]
    assert "DEVICES" in ctl("group", "list").stdout
    ctl("group", "delete", group)
    ctl("device", "delete", id)
    assert [d["id"] for d in stack.made(*listed)] == [other]
    for words in (("device", "show", id), ("device", "key", id),
                  ("device", "tag", id), ("device", "delete", id),
                  ("device", "enable", id), ("group", "show", group),
                  ("group", "delete", group),
                  ("group", "add", group, "--device", other),
                  ("group", "create", "--application", app, "--name", "g",
                   "--device", id),
                  ("device", "create", "--application", app, "--name", "n",
                   "--tag", "x\n"),
                  ("device", "create", "--application", app, "--name", ""),
                  ("device", "create", "--application", UNKNOWN, "--name",
                   "n")):
        assert ctl(*words, check=False).returncode != 0
