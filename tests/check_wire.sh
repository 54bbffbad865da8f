#!/bin/sh
# SPDX-License-Identifier: ISC
# A citation of the wire facts, "wire/losant 1.7", stands on one line and names
# a heading of doc/wire/losant.md.  "wire/quixy 4.1, 4.3" and "wire/losant 1.1
# to 1.6" name several.
set -eu
cd "${srcdir:-.}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# "losant 1.7" for each heading.
awk '/^#+ [0-9]/ {
	name = FILENAME
	gsub(/^.*\/|\.md$/, "", name)
	print name, $2
}' doc/wire/*.md >"$dir/headings"

find src sql tests man -name __pycache__ -prune -o -type f \
    ! -path 'tests/fuzz/seeds/*' -print | sort >"$dir/files"
xargs awk -v headings="$dir/headings" '
function wrong(text) {
	print FILENAME ":" FNR ": " text
	failed = 1
}

# The sections that follow a name, and "to" or a comma between them.
function check_sections(name, s, section) {
	do {
		match(s, /[0-9]+(\.[0-9]+)*/)
		section = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		if (!((name, section) in known))
			wrong("doc/wire/" name ".md has no section " section)
		seen++
	} while (match(s, /^(,| to) [0-9]/))
}

BEGIN {
	while ((getline line <headings) > 0) {
		split(line, part, " ")
		known[part[1], part[2]] = 1
	}
}

/(^|[^A-Za-z_])WIR[E]([^A-Za-z_]|$)/ {
	wrong("cite a section as wire/losant 1.7")
}

{
	rest = $0
	while (match(rest, /wire\/[A-Za-z]+/)) {
		name = substr(rest, RSTART + 5, RLENGTH - 5)
		before = substr(rest, 1, RSTART - 1)
		rest = substr(rest, RSTART + RLENGTH)
		# Not a citation, but the path of a file.
		if (before ~ /doc\/$/)
			continue
		if (rest ~ /^ [0-9]/)
			check_sections(name, rest)
		else
			wrong("wire/" name " without a section on the line")
	}
}

END {
	if (seen == 0) {
		print "no citations of doc/wire found"
		failed = 1
	}
	exit failed
}' <"$dir/files" || exit 1
