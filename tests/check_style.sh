#!/bin/sh
# SPDX-License-Identifier: ISC
# Checks the style: widths, lengths, blanks at line ends, banned functions, first
# comments and licences.
set -eu
cd "${srcdir:-.}"

find src -name '*.[ch]' | sort | xargs awk '
BEGIN {
	# Function -> files that may call it.
	split("alloca asctime atof ctime gets getwd gmtime localtime longjmp " \
	    "mktemp popen rand random realpath scanf setjmp signal sprintf " \
	    "sscanf strcat strdup strncat strncpy strndup strtok system " \
	    "tempnam tmpnam usleep vsprintf", word)
	for (i in word)
		allowed[word[i]] = ""
	allowed["calloc"] = allowed["realloc"] = " src/base/mem.c "
	allowed["malloc"] = ""
	allowed["exit"] = " src/creel/main.c src/ctl/main.c "
	# Into room that is known to suffice, as these few show.
	allowed["strcpy"] = " src/auth/auth_key.c src/base/logger.c " \
	    "src/creel/main.c src/ctl/args.c "
}

function wrong(line, text) {
	print FILENAME ":" line ": " text
	failed = 1
}

function width(s, n, i) {
	n = 0
	for (i = 1; i <= length(s); i++)
		n = substr(s, i, 1) == "\t" ? n - n % 8 + 8 : n + 1
	return n
}

# The line without comments, and with texts and characters emptied.
function code_of(s, at, out) {
	gsub(/'\''\\?["\/*]'\''/, "0", s)
	gsub(/"([^"\\]|\\.)*"/, "\"\"", s)
	out = ""
	while (s != "") {
		at = index(s, comment ? "*/" : "/*")
		if (!comment)
			out = out (at == 0 ? s : substr(s, 1, at - 1))
		if (at == 0)
			break
		s = substr(s, at + 2)
		comment = !comment
	}
	return out
}

function check_calls(s, name) {
	while (match(s, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(s, RSTART, RLENGTH - 1)
		s = substr(s, RSTART + RLENGTH)
		sub(/[ \t]+$/, "", name)
		if (name in allowed &&
		    index(allowed[name], " " FILENAME " ") == 0)
			wrong(FNR, name "() is not to be called here")
	}
}

FNR == 1 { comment = begun = 0 }

{
	if (width($0) > 80)
		wrong(FNR, "more than 80 columns")
	if ($0 ~ /[ \t\r]$/)
		wrong(FNR, "a blank at the end")
	check_calls(code_of($0))
}

FNR == 601 { wrong(FNR, "a file of more than 600 lines") }

/^\{$/ { begun = FNR }
/^\}$/ {
	if (begun != 0 && FNR - begun - 1 > 60)
		wrong(begun, "a function of more than 60 lines")
	begun = 0
}

END { exit failed }' || exit 1

# The log omits the rest of a line after a conversion that logger.h does not
# list.
find src -name '*.c' ! -name logger.c | sort | xargs awk '
/log_(error|warn|info|debug|audit)\(/ {
	call = ""
	line = FNR
}
line > 0 { call = call $0 }
line > 0 && /;$/ {
	gsub(/%(s|\.[0-9]+s|\.\*s|d|ld|lld|zu)/, "", call)
	if (call ~ /%[^ ]/) {
		print FILENAME ":" line ": a conversion that the log lacks"
		failed = 1
	}
	line = 0
}
END { exit failed }' || exit 1

# A unit test has the name of the source file that it tests, or that name and
# a word: tests/unit/base/test_jsn_put.c tests src/base/jsn.c.
for test in tests/unit/*/test_*.c; do
	module=$(echo "${test%.c}" | sed 's,^tests/unit/\(.*/\)test_,src/\1,')
	until [ -f "$module.c" ] || [ "$module" = "${module%_*}" ]; do
		module=${module%_*}
	done
	[ -f "$module.c" ] || { echo "$test: no such source file"; exit 1; }
done

# Every source file of ours names its licence (sample.js is Wallboard's), and
# every .c file says in its first comment what it is for.
failed=0
for file in quickstart runtests autogen.sh configure.ac Makefile.am $(
    find src tests bench sql man nginx apache systemd -type f \
	! -path '*/node_modules/*' |
    grep -E '\.(c|h|def|inc|py|sh|awk|sql|js|mjs|lua|php|[578]|in|socket)$' |
    grep -v '/npm/sample.js\|/sql_data.inc' | sort); do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ISC$' ||
	    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ISC \*/$' || {
		echo "$file: no SPDX-License-Identifier"
		failed=1
	}
done
for file in src/*/*.c; do
	sed -n 2p "$file" | grep -q '^/\*' || {
		echo "$file: the first comment does not say what it is for"
		failed=1
	}
done
exit $failed
