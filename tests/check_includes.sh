#!/bin/sh
# SPDX-License-Identifier: ISC
# Checks the includes of src: dependencies point one way, no files use each
# other in a circle, no folder holds a fifth of the lines, and a library's
# headers have one owner.
#
#	tests/check_includes.sh			prints what is wrong
#	tests/check_includes.sh --draw		the folders, and their includes
#	tests/check_includes.sh --draw FOLDER	the same of each file of one
set -eu

case $#:${1:-} in
0:) ;;
[12]:--draw) ;;
*)
	echo "usage: ${0##*/} [--draw [FOLDER]]" >&2
	exit 64 ;;
esac
scans=$(cd "${srcdir:-.}/tests" && pwd)
cd "${srcdir:-.}/src"
headers=$(find . -name '*.h' | sed 's,^\./,,' | sort)
files=$(find . -name '*.[ch]' | sed 's,^\./,,' | sort)

# shellcheck disable=SC2086
exec awk -f "$scans/c_text.awk" -f "$scans/includes.awk" \
    -v draw="${1:-}" -v drawn="${2:-}" pass=1 $headers pass=2 $files
