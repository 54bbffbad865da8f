#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs flake8 over all Python; .flake8 has its settings.
set -eu
cd "${srcdir:-.}"

command -v flake8 >/dev/null || {
	echo "skipped: flake8 is not installed"
	exit 77
}
exec flake8 tests bench
