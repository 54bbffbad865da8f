# SPDX-License-Identifier: ISC
# For check_includes.sh, after c_text.awk.  A module is a .c and its .h: pass 1
# reads what the headers declare, pass 2 what all files include and use.

BEGIN {
	# The folders from the lowest up.  A folder may include from itself
	# and from all rows above its own.
	rows = split("base | db http | auth | hook | event | resource | " \
	    "device | door | creel ctl", row, " [|] ")
	for (i = 1; i <= rows; i++)
		for (j = split(row[i], word, " "); j > 0; j--)
			level[word[j]] = i

	# The file or folder that owns the headers of a library.
	owner["curl/"] = "http/http_client.c"
	owner["ini.h"] = "base/conf.c"
	owner["json-c/"] = "base/jsn.c"
	owner["jwt.h"] = "auth/mint.c"
	owner["libpq-fe.h"] = "db/pg"
	owner["malloc.h"] = "base/mem.c"
	owner["openssl/"] = "auth/"
	owner["zlib.h"] = "http/coding.c"

	# ISO C, POSIX and what Linux adds.
	n = split("assert ctype dirent errno fcntl float getopt grp inttypes " \
	    "iconv limits locale math netdb poll pthread pwd sched signal stdarg " \
	    "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn " \
	    "string strings sysexits syslog termios time unistd wchar", word)
	for (i = 1; i <= n; i++)
		is_system[word[i] ".h"] = 1
}

function wrong(text) {
	print "src/" FILENAME ":" FNR ": " text
	failed = 1
}

function begins(s, prefix) {
	return substr(s, 1, length(prefix)) == prefix
}

# "openssl/" stands for openssl/evp.h too.
function owner_of(header, dir) {
	if (header in owner)
		return owner[header]
	dir = header
	sub(/\/.*/, "/", dir)
	return (dir in owner) ? owner[dir] : ""
}

# base/jsn of base/jsn.c and base/jsn.h: the two are one module.
function module_of(path) {
	sub(/[.][^.\/]*$/, "", path)
	return path
}

function folder_of(path) {
	sub(/\/.*/, "", path)
	return path
}

function may_include(from, to) {
	return from == to || level[to] < level[from]
}

function check_project(header, from, to) {
	if (header == "config.h")
		return
	from = folder_of(FILENAME)
	to = folder_of(header)
	if (to == header)
		wrong("\"" header "\" does not name its folder")
	else if (!(from in level) || !(to in level))
		wrong("the folder " (from in level ? to : from) \
		    " has no row in includes.awk")
	else if (!may_include(from, to))
		wrong(from " may not include \"" header "\"")
	add_edge(module_of(FILENAME), module_of(header))
}

function add_edge(from, to) {
	if (from == to || (from, to) in edge)
		return
	edge[from, to] = 1
	includes[from] = includes[from] " " to
	between[folder_of(from), folder_of(to)]++
}

function check_library(header, place) {
	if (header in is_system || header == "config.h" ||
	    header ~ /^(sys|netinet|arpa|net)\//)
		return
	place = owner_of(header)
	if (place == "")
		wrong("<" header "> has no owner in includes.awk")
	else if (!begins(FILENAME, place))
		wrong("<" header "> belongs to " place)
}

# The first module that m uses and that is not finished, or "".
function next_of(m, n, i, to) {
	n = split(uses[m], to, " ")
	for (i = 1; i <= n; i++)
		if (to[i] in modules && !(to[i] in finished))
			return to[i]
	return ""
}

# Follows the uses from m: a module that uses none which is not finished is
# finished, and one that comes twice closes a circle.
function follow(m, path, at, n, i) {
	while (!(m in at)) {
		path[++n] = m
		at[m] = n
		if ((m = next_of(m)) == "") {
			finished[path[n]] = 1
			return
		}
	}
	printf "src: a circle: "
	for (i = at[m]; i <= n; i++) {
		printf "%s -> ", path[i]
		finished[path[i]] = 1
	}
	print m
	failed = 1
}

function check_circles(m) {
	for (m in modules)
		while (!(m in finished))
			follow(m)
}

function check_sizes(folder) {
	for (folder in lines)
		if (lines[folder] * 5 >= total) {
			printf "src/%s: %d lines, %.1f %% of src, which is " \
			    "a fifth or more\n", folder, lines[folder],
			    100 * lines[folder] / total
			failed = 1
		}
}

# A line for each folder: size, share, and how many of its modules include one
# of another folder.
function draw_folders(i, j, k, n, m, name, names, to) {
	for (i = 1; i <= rows; i++) {
		n = split(row[i], names, " ")
		for (j = 1; j <= n; j++) {
			name = names[j]
			if (!(name in lines))
				continue
			printf "%-10s%6d lines %5.1f %%  ", name, lines[name],
			    100 * lines[name] / total
			for (k = 1; k < i; k++)
				for (m = split(row[k], to, " "); m > 0; m--)
					if ((name, to[m]) in between)
						printf "  %s %d", to[m],
						    between[name, to[m]]
			print ""
		}
	}
	printf "%-10s%6d lines\n", "src", total
}

function draw_modules(m) {
	for (m in modules)
		if (folder_of(m) == drawn)
			print m " ->" includes[m] | "sort"
	close("sort")
}

# Notes what a header declares: functions and objects, which stand at the begin
# of a line.
function note_declared(s) {
	if (s ~ /^(typedef|#)/)
		return
	if (match(s, /^[a-z].*[a-z0-9_]\(/))
		sub(/\(.*/, "", s)
	else if (s ~ /^extern /)
		sub(/[\[;].*/, "", s)
	else
		return
	sub(/.*[^a-z0-9_]/, "", s)
	declared[s] = module_of(FILENAME)
}

# Notes the modules whose functions and objects a line names.
function note_used(s, from, to, name) {
	from = module_of(FILENAME)
	while (match(s, /[A-Za-z_][A-Za-z0-9_]*/)) {
		name = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		if (!(name in declared))
			continue
		to = declared[name]
		# What is above is a static function of the same name.
		if (to == from || (from, to) in used ||
		    !may_include(folder_of(from), folder_of(to)))
			continue
		used[from, to] = 1
		uses[from] = uses[from] " " to
	}
}

FNR == 1 { c_begin() }

{ c_split($0) }

pass == 1 {
	note_declared(c_code)
	next
}

{
	total++
	note_used(c_code)
	lines[folder_of(FILENAME)]++
	modules[module_of(FILENAME)] = 1
}

/^[ \t]*#[ \t]*include/ {
	header = $0
	if (sub(/^[^<"]*"/, "", header)) {
		sub(/".*/, "", header)
		check_project(header)
	} else if (sub(/^[^<"]*</, "", header)) {
		sub(/>.*/, "", header)
		check_library(header)
	} else
		wrong("an include that this scan cannot read")
	seen++
}

END {
	if (draw != "") {
		if (drawn == "")
			draw_folders()
		else
			draw_modules()
		exit 0
	}
	if (seen == 0) {
		print "src: no includes found"
		failed = 1
	}
	check_circles()
	check_sizes()
	exit failed
}