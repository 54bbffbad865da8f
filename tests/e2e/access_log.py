# SPDX-License-Identifier: ISC
"""Lines of a web server's access log."""
import re

from conftest import wait_for

STARS = "*****"


def access_log(front):
    path = front.dir / "access.log"
    return path.read_text(errors="replace") if path.exists() else ""


def logged(front, mark):
    """The request in the line with this mark in it."""
    def find():
        return [x for x in access_log(front).split("\n") if mark in x]
    line, = wait_for(find, f"a line with {mark}")
    m = re.match(r'127\.0\.0\.1 - (\S+) \[[^]]+\] "(.*?)" (\d+) (\d+|-) '
                 r'"-" "(.*)"$', line)
    assert m, line
    return m[2]
