#!/bin/sh
# SPDX-License-Identifier: ISC
# Checks the words of all texts for people: manuals, Markdown, samples, help,
# errors, log lines and what the shell scripts print.  Prints the file and line
# of each word that has a plainer one.
#
#	COMMENTS=no tests/check_words.sh	leaves out comments in src and sql
set -eu
cd "${srcdir:-.}"

files=$(find . '(' -name '.?*' -o -name 'build*' -o -name '_*' -o \
    -name node_modules -o -name autom4te.cache -o -path './tests/[fu]*' ')' \
    -prune -o -type f '(' -name '*.[ch1-9]' -o -name '*.[1-9].in' -o \
    -name '*.def' -o -name '*.sql' -o -name '*.md' -o -name '*.conf.in' -o \
    -name '*.service.in' -o -name '*.socket' -o -name '*.timer' -o \
    -name '*.sample' -o -name tools.sh -o -name quickstart -o \
    -name runtests ')' -print | sed 's,^\./,,' | sort)

# shellcheck disable=SC2086
exec awk -f tests/c_text.awk -f tests/words.awk -f tests/texts.awk \
    -v comments="${COMMENTS:-yes}" $files
