#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs cppcheck over src and bench; cppcheck.txt lists what it gets wrong.
set -eu
builddir=$(cd "${builddir:-.}" && pwd)
cd "${srcdir:-.}"

command -v cppcheck >/dev/null || {
	echo "skipped: cppcheck is not installed"
	exit 77
}
exec cppcheck -q --enable=warning,performance,portability \
    --error-exitcode=1 --std=c11 --library=posix,gnu,bsd \
    --include=tests/cppcheck.h --suppressions-list=tests/cppcheck.txt \
    -D_GNU_SOURCE -Isrc -I"$builddir/src" \
    --template='{file}:{line}: {message} [{id}]' src bench
