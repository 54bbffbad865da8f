# SPDX-License-Identifier: ISC
"""Reads lines of the log back, by the rules of LOG ROTATION, Format, in
creel.fcgi(8)."""
import re

STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d+) "
                   r"(error|warn|info|debug|audit) ([ -~]*)")
VALUE = r'"(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*"|[^ "=\\]+'
FIELDS = re.compile(rf"(request|creelctl)((?: [a-z]+=(?:{VALUE}))+)")
FIELD = re.compile(rf" ([a-z]+)=({VALUE})")
ESCAPE = re.compile(rb'\\(?:x([0-9a-f]{2})|(["\\]))')


def value(text):
    """The bytes of a value."""
    data = text.encode()
    if not data.startswith(b'"'):
        return data
    return ESCAPE.sub(lambda m: m[2] or bytes([int(m[1], 16)]), data[1:-1])


def parse(line):
    """Returns the level and the fields of a line, a dict of bytes; or the
    level and None for a line of text."""
    stamp = STAMP.fullmatch(line)
    assert stamp, line
    level, message = stamp[3], stamp[4]
    if not re.match("(request|creelctl) ", message):
        return level, None
    fields = FIELDS.fullmatch(message)
    assert fields, line
    found = FIELD.findall(fields[2])
    assert len(dict(found)) == len(found), line
    return level, {k: value(v) for k, v in found}
