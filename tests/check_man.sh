#!/bin/sh
# mandoc has nothing to say about the manual, and its pages refer to pages.
set -eu
cd "${srcdir:-.}"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! command -v mandoc >/dev/null; then
	echo "mandoc is not installed"
	exit 77
fi
# Whether pages of others are installed here, and indexed, is not ours.
mandoc -T lint man/*.[1-9] 2>&1 |
    sed '/: referenced manual not found: /d
	/^mandoc: outdated mandoc\.db /d' >"$dir/said"
cat man/*.[1-9] | sed -n 's/^\.Xr \(creel[^ ]*\) \([1-9]\).*/\1.\2/p' |
    sort -u | while read -r page; do
	[ -e "man/$page" ] || echo "man/$page is referred to but not there"
done >>"$dir/said"
if [ -s "$dir/said" ]; then
	cat "$dir/said"
	exit 1
fi
