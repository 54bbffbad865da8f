#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs fuzz targets over their seeds, and on from there for some seconds each:
# "make fuzz" calls it with all of them.
#
#	tests/fuzz/run.sh PROGRAM...	(FUZZ_SECONDS=60 for longer)
set -eu

seeds=$(cd "${srcdir:-.}/tests/fuzz/seeds" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for program; do
	name=${program##*/fuzz_}
	mkdir "$work/$name"
	# What is found goes to the first folder, a crash to where make runs.
	if "$program" -max_total_time="${FUZZ_SECONDS:-5}" -timeout=60 \
	    -artifact_prefix="fuzz_$name-" -print_final_stats=1 \
	    "$work/$name" "$seeds/$name" >"$work/log" 2>&1; then
		echo "PASS: fuzz_$name ($(sed -n \
		    's/^stat::number_of_executed_units: *//p' "$work/log") runs)"
	else
		cat "$work/log"
		echo "FAIL: fuzz_$name"
		failed=1
	fi
done
exit $failed
