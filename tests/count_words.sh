#!/bin/sh
# SPDX-License-Identifier: ISC
# Counts how plain the texts are, per 10,000 words of the manuals and of the
# comments in src and sql.
set -eu
cd "${srcdir:-.}"

# count NAME KIND FILE...
count() {
	name=$1 kind=$2
	shift 2
	awk -f tests/c_text.awk -f tests/count.awk -f tests/texts.awk \
	    -v name="$name" -v wanted="$kind" "$@"
}

count manuals text man/*.[1-9] man/*.in
# shellcheck disable=SC2046
count comments comment $(find src sql -name '*.[ch]' -o -name '*.sql')
