#!/bin/sh
# The option tables of src/base/conf_options.c, creel.conf(5) and creel.conf.sample
# name the same options with the same defaults; the program, if it is built,
# reads the sample.
set -eu
srcdir=${srcdir:-.}
program=${builddir:-.}/creel.fcgi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# Each of these prints lines "section.option = default".
table_options() {
	awk '
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
		sub(/".*/, "", value)
		print section "." name " = " value
	}' "$srcdir/src/base/conf_options.c"
}

manual_options() {
	awk '
	/^\.Ss / {
		section = $0 ~ /issuer/ ? "issuer" : "creel"
	}
	/^\.Sh / { section = "" }
	section != "" && /^\.It Ic / {
		value = $0
		if (!sub(/^\.It Ic [a-z_]+ No = ?/, "", value))
			print "man/creel.conf.5.in:" FNR ": cannot read " $0
		print section "." $3 " = " value
	}' "$srcdir/man/creel.conf.5.in"
}

# An example stands where there is no default: it is left out.
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
	if ! diff "$dir/table" "$dir/$1" >"$dir/diff"; then
		echo "src/base/conf_options.c (<) and $2 (>):"
		cat "$dir/diff"
		failed=1
	fi
}

table_options | sort >"$dir/table"
if [ ! -s "$dir/table" ]; then
	echo "src/base/conf_options.c: no option tables found"
	failed=1
fi
manual_options | sort >"$dir/manual"
compare manual man/creel.conf.5.in
sample_options | sort >"$dir/sample"
compare sample creel.conf.sample

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
		echo "what creel.fcgi reads from creel.conf.sample (>)" \
		    "is not its defaults (<)"
		failed=1
	fi
fi
exit $failed
