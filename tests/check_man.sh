#!/bin/sh
# SPDX-License-Identifier: ISC
# mandoc has no complaint about the manual.  The pages are linked into a tree
# of their own, which is all of MANPATH: a reference (.Xr) to a page that is
# not there fails.  So does a reference as text, which is checked by nothing
# and is no link.
set -eu
cd "${srcdir:-.}"

if ! command -v mandoc >/dev/null; then
	echo "mandoc is not installed"
	exit 77
fi
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
for page in "$PWD"/man/*.[1-9] "$PWD"/man/*.[1-9].in; do
	# A page that the build made of its .in stands beside it.
	[ ! -e "$page.in" ] || continue
	name=$(basename "$page" .in)
	mkdir -p "$tree/man${name##*.}"
	ln -s "$page" "$tree/man${name##*.}/$name"
done
cd "$tree"
said=$(
	# mandoc would have an index of the tree, but does without.  Only with
	# "-W style" it looks for pages in MANPATH.
	MANPATH=$tree mandoc -T lint -W style man?/* 2>&1 |
	    grep -v '^mandoc: outdated mandoc.db\|^mandoc: see above' || :
	grep -n '\<creel[a-z.-]*([1-9])' man?/* || :
)
if [ -n "$said" ]; then
	echo "$said"
	exit 1
fi
