#!/bin/sh
# SPDX-License-Identifier: ISC
# Every row of the route tables is a heading in exactly one page of the manual,
# creel-*(7), with an example, and is named by an end-to-end test, in a comment
# "# route: METHOD /pattern"; and nothing else is.
set -eu
cd "${srcdir:-.}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

awk '
/^const struct route [a-z_]+\[\] = \{/ { inside = 1 }
/^};/ { inside = 0 }
inside && /^\t\{ [^0]/ {
	if ($0 !~ /^\t\{ "[A-Z]+", "\/[^"]*",/)
		print FILENAME ":" FNR ": cannot read " $0
	split($0, part, "\"")
	print part[2] " " part[4]
}' src/*/*.c | sort >"$dir/table"
if [ ! -s "$dir/table" ]; then
	echo "src: no route tables found"
	failed=1
fi
sed -n 's/^\.Ss \([A-Z]* \/.*\)/\1/p' man/creel-*.7 | sort >"$dir/manual"
find tests/e2e -name 'test_*.py' -exec sed -n 's/^# route: //p' {} + |
    sort -u >"$dir/tests"

compare() {
	if ! diff "$dir/table" "$dir/$1" >"$dir/diff"; then
		echo "the route tables (<) and $2 (>):"
		cat "$dir/diff"
		failed=1
	fi
}
compare manual 'man/creel-*.7'
awk '
function end_route() {
	if (route != "" && !shown) {
		print page ": no example of " route
		failed = 1
	}
	route = ""
}
FNR == 1 { end_route(); page = FILENAME }
/^\.S[sh]/ {
	end_route()
	if ($0 ~ /^\.Ss [A-Z]+ \//) {
		route = substr($0, 5)
		shown = 0
	}
}
/^[$#] / { shown = 1 }
END { end_route(); exit failed }' man/creel-*.7 || failed=1
compare tests tests/e2e
# The benchmark of lists measures each of them, with each of its parameters.
if command -v python3 >/dev/null; then
	PYTHONDONTWRITEBYTECODE=1 python3 bench/lists.py --check || failed=1
fi

exit $failed
