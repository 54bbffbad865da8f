#!/bin/sh
# SPDX-License-Identifier: ISC
# Checks the model of the log's order with spin: the protocol must have no error
# in any interleaving, and each broken variant must have one.  order.pml says how
# to look at one of them.
set -eu
model=$(cd "${srcdir:-.}/tests/model" && pwd)/order.pml
mkdir -p "${builddir:-.}/model"
cd "${builddir:-.}/model"

command -v spin >/dev/null || {
	echo "skipped: spin is not installed"
	exit 77
}
failed=0

# search DEFINITION...: writes what the search prints to the file log.
search() {
	rm -f pan* ./*.trail
	# shellcheck disable=SC2086
	spin -a "$@" "$model" >log 2>&1 &&
	    ${CC:-cc} -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c \
	    >>log 2>&1 && ./pan -m10000 >log 2>&1 || true
}

report() {
	echo "$*"
	case $1 in
	FAIL:) cat log; failed=1 ;;
	esac
}

# right DEFINITION...: a search that is complete and finds no error.
right() {
	search "$@"
	if grep -q 'errors: 0$' log &&
	    ! grep -Eiq 'not completed|too small|out of memory|memlim' log; then
		report PASS: right "$@" \
		    "($(sed -n 's/^ *\(.*\) states, stored.*/\1/p' log) states)"
	else
		report FAIL: right "$@"
	fi
}

# broken DEFINITION...: a search that finds a violated assertion.
broken() {
	search -DBROKEN "$@"
	if grep -q 'assertion violated' log; then
		report PASS: broken "$@"
	else
		report FAIL: broken "$@" "(no error found)"
	fi
}

two='-DWRITERS=2 -DBATCHES=2'
right
# shellcheck disable=SC2086
{
	right $two -DTICKS=3
	right $two -DCRASH
	right $two -DRESTORE
	right $two -DCRASH -DFROM_M
}
broken -DLATE_LOCK
broken -DNOT_EXCLUSIVE
broken -DNO_SEQUENCE
broken -DNAME_IGNORED
broken -DEARLY_RELEASE
broken -DLOCKS_FIRST
broken -DLATE_HORIZON
broken -DSTART_AT_M -DCRASH
broken -DSLOW_CLOCK -DRESTORE
exit $failed
