#!/bin/sh
# SPDX-License-Identifier: ISC
# Compares the idempotency key headers of src/event/idempotency.def with the
# table of creel-api(7).
set -eu
srcdir=${srcdir:-.}
rows=$srcdir/src/event/idempotency.def
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Prints lines "NAME , WITH Ta MEANING Ta SENDERS".
sed -n 's/^KEY_HEADER("\([^"]*\)", KEY_\([A-Z]*\), NULL, "\(.*\)")$/\1 Ta \2 Ta \3/p
s/^KEY_HEADER("\([^"]*\)", KEY_\([A-Z]*\), "\([^"]*\)", "\(.*\)")$/\1 , \3 Ta \2 Ta \4/p' \
    "$rows" | sed 's/ Ta CALL / Ta call /; s/ Ta DELIVERY / Ta delivery /' \
    >"$dir/table"
sed -n '/^\.It Sy Header Ta/,/^\.El/s/^\.It Cm //p' \
    "$srcdir/man/creel-api.7" >"$dir/manual"
if [ "$(grep -c '^KEY_HEADER' "$rows")" != "$(wc -l <"$dir/table")" ]; then
	echo "src/event/idempotency.def: cannot read all rows"
	exit 1
fi
if ! diff "$dir/table" "$dir/manual" >"$dir/diff"; then
	echo "src/event/idempotency.def (<) and man/creel-api.7 (>):"
	cat "$dir/diff"
	exit 1
fi
