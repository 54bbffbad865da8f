#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints how much of src the tests run, by folder: "make coverage" calls it with
# a folder to build in.  The unit tests run always; TEST_E2E names end-to-end
# tests to add, "all" for all of them.
#
#	make coverage
#	make coverage TEST_E2E='tests/e2e/api/test_input.py'
#	make coverage TEST_E2E=all TEST_FRONTS=nginx
set -eu
source=$(cd "${srcdir:-.}" && pwd)
build=$1
jobs=$(nproc)
export LC_ALL=C

command -v gcovr >/dev/null || {
	echo "coverage.sh: gcovr is not installed" >&2
	exit 1
}
mkdir -p "$build"
cd "$build"
[ -e Makefile ] || "$source/configure" -q CC="${CC:-gcc}" \
    CFLAGS='-g -O0 --coverage -fprofile-update=atomic'
# Left by configure.
rm -f a-conftest.gcno
make -s -j "$jobs" all
find . -name '*.gcda' -delete
failed=0
make -s -k -j "$jobs" check SCANS= >check.log 2>&1 || {
	echo "unit tests failed: see $build/check.log"
	failed=1
}

[ "${TEST_E2E:-}" != all ] || TEST_E2E=tests/e2e
# Workers write their counts when they end after SIGTERM.
# shellcheck disable=SC2086
[ -z "${TEST_E2E:-}" ] || (cd "$source" && TEST_BUILD=$build \
    /usr/bin/python3 -m pytest -q -p no:cacheprovider $TEST_E2E) || {
	echo "end-to-end tests failed"
	failed=1
}

cd "$build"
gcovr -j "$jobs" -r "$source" --filter "$source/src/" --csv coverage.csv .
awk -F, '
function print_row(name, of, i) {
	printf "%-12s", name
	for (i = 2; i <= 5; i += 3)
		printf "%7d of%6d %5.1f %%", of[i + 1], of[i],
		    of[i] == 0 ? 100 : of[i + 1] * 100 / of[i]
	print ""
}

BEGIN { printf "%-12s%24s%24s\n", "", "lines", "branches" }

NR > 1 {
	split($1, path, "/")
	folder = path[2]
	if (!(folder in seen))
		order[++n] = folder
	seen[folder] = 1
	for (i = 2; i <= 6; i++) {
		sum[folder, i] += $i
		all[i] += $i
	}
}

END {
	for (f = 1; f <= n; f++) {
		for (i = 2; i <= 6; i++)
			row[i] = sum[order[f], i]
		print_row("src/" order[f], row)
	}
	print_row("src", all)
}' coverage.csv
exit $failed
