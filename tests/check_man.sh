#!/bin/sh
# mandoc has nothing to say about the manual, and its pages name pages that
# are there.  They name them as text: of .Xr mandoc asks that the page be
# installed here.
set -eu
cd "${srcdir:-.}"

if ! command -v mandoc >/dev/null; then
	echo "mandoc is not installed"
	exit 77
fi
pages=$(ls man/*.[1-9] man/*.in)
# shellcheck disable=SC2086
said=$(
	mandoc -T lint $pages 2>&1 || :
	cat $pages | grep -o '\<creel[a-z.-]*([1-9])' | tr '()' '. ' |
	    sort -u | while read -r page; do
		[ -e "man/$page" ] || [ -e "man/$page.in" ] ||
			echo "man/$page is referred to but not there"
	done
)
if [ -n "$said" ]; then
	echo "$said"
	exit 1
fi
