#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs shellcheck over all shell scripts.
set -eu
cd "${srcdir:-.}"

command -v shellcheck >/dev/null || {
	echo "skipped: shellcheck is not installed"
	exit 77
}
scripts="quickstart runtests autogen.sh bench/run"
[ ! -e .ci/run ] || scripts="$scripts .ci/run"
# shellcheck disable=SC2086
exec shellcheck -x -S warning $scripts tests/*.sh tests/*/*.sh
