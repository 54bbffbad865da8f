#!/bin/sh
# SPDX-License-Identifier: ISC
# Compares the option tables of src/base/conf_options.c with creel.conf(5) (names,
# defaults, ranges) and creel.conf.sample (names, defaults), and has the program,
# if it is built, read the sample.
set -eu
srcdir=${srcdir:-.}
program=${builddir:-.}/creel.fcgi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# Prints lines "section.option = default" and, for a number, " (MIN to MAX)".
table_ranges() {
	awk '
	function bound(s, shift) {
		gsub(/INT64_C\(|\)| /, "", s)
		shift = s
		if (!sub(/.*<</, "", shift))
			return s
		sub(/<<.*/, "", s)
		return shift < 20 ? s * 2 ^ (shift - 10) "k" : \
		    s * 2 ^ (shift - 20) "m"
	}
	/^const struct conf_option conf_[a-z]+_options\[\]/ {
		section = $4
		gsub(/^conf_|_options.*/, "", section)
	}
	/^};/ { section = "" }
	section != "" && /^\t[A-Z]+\(/ {
		if ($0 ~ /^\t[A-Z]+\([a-z_]+,$/) {
			first = $0
			getline
			sub(/^[ \t]+/, " ")
			$0 = first $0
		}
		name = value = $0
		sub(/^\t[A-Z]+\(/, "", name)
		sub(/,.*/, "", name)
		if ($0 ~ /^\tNEEDED\([a-z_]+, "/)
			value = ""
		else if (!sub(/^\t[A-Z]+\([a-z_]+, "/, "", value)) {
			print "src/base/conf_options.c:" FNR ": cannot read " $0
			next
		}
		rest = value
		sub(/".*/, "", value)
		sub(/^[^"]*", /, "", rest)
		range = ""
		if ($0 ~ /^\t(INTEGER|SIZE)\(/) {
			split(rest, part, ", *")
			range = " (" bound(part[1]) " to " bound(part[2]) ")"
		}
		print section "." name " = " value range
	}' "$srcdir/src/base/conf_options.c"
}

# The same from ".It Ic name Pq unit, default VALUE, MIN to MAX".
manual_ranges() {
	awk '
	/^\.Sh / {
		section = $2 == "OPTIONS" ? "creel" : \
		    $2 == "ISSUERS" ? "issuer" : ""
	}
	section != "" && /^\.It Ic / {
		value = $0
		range = ""
		if (match(value, /, [0-9]+[km]? to [0-9]+[km]?$/)) {
			range = " (" substr(value, RSTART + 2) ")"
			value = substr(value, 1, RSTART - 1)
		}
		if (!sub(/^\.It Ic [a-z_]+ Pq [^,]+, (default |required$)/,
		    "", value))
			print "man/creel.conf.5.in:" FNR ": cannot read " $0
		if (value == "empty")
			value = ""
		print section "." $3 " = " value range
	}' "$srcdir/man/creel.conf.5.in"
}

# The sample shows an example where there is no default: it is left out.
sample_options() {
	awk '
	FNR == NR {
		defaults[$1] = substr($0, index($0, " = ") + 3)
		next
	}
	/^#?\[/ {
		section = $0 ~ /issuer/ ? "issuer" : "creel"
	}
	/^#?[a-z_]+ =/ {
		value = $0
		sub(/^#?[a-z_]+ = ?/, "", value)
		sub(/^#/, "", $1)
		name = section "." $1
		if (section == "issuer" && defaults[name] == "")
			value = ""
		print name " = " value
	}' "$dir/table" "$srcdir/creel.conf.sample"
}

compare() {
	if ! diff "$dir/$1" "$dir/$2" >"$dir/diff"; then
		echo "src/base/conf_options.c (<) and $3 (>):"
		cat "$dir/diff"
		failed=1
	fi
}

table_ranges | sort >"$dir/ranges"
sed 's/ ([0-9]*[km]* to [0-9]*[km]*)$//' "$dir/ranges" >"$dir/table"
if [ ! -s "$dir/table" ]; then
	echo "src/base/conf_options.c: no option tables found"
	failed=1
fi
manual_ranges | sort >"$dir/manual"
compare ranges manual man/creel.conf.5.in
sample_options | sort >"$dir/sample"
compare table sample creel.conf.sample

dump() {
	if ! env -i "$program" -f "$1" --dump-config >"$2" 2>&1; then
		echo "creel.conf.sample:"
		cat "$2"
		failed=1
	fi
}

if [ -x "$program" ]; then
	: >"$dir/empty"
	dump "$dir/empty" "$dir/defaults"
	sed 's/^#\([a-z_]* =\)/\1/; s/^#\[/[/' "$srcdir/creel.conf.sample" \
	    >"$dir/all"
	dump "$dir/all" "$dir/read"
	sed '/^\[issuer/,$d; /^$/d' "$dir/read" >"$dir/creel"
	if ! diff "$dir/defaults" "$dir/creel"; then
		echo "creel.conf.sample (>) differs from the defaults (<)"
		failed=1
	fi
fi
exit $failed
