#!/bin/sh
# Who may include whom.  Dependencies point one way: base <- db, http <- auth
# <- hook <- event <- resource <- device <- door <- creel, ctl.  A library's headers have one owner.
set -eu
cd "${srcdir:-.}/src"

find . -name '*.[ch]' | sed 's,^\./,,' | sort | xargs awk '
BEGIN {
	# The folders that a folder may include from, itself among them.
	may["base"] = " base "
	may["db"] = may["base"] "db "
	may["http"] = may["base"] "http "
	may["auth"] = may["base"] "db http auth "
	may["hook"] = may["auth"] "hook "
	may["event"] = may["hook"] "event "
	may["resource"] = may["event"] "resource "
	may["device"] = may["resource"] "device "
	may["door"] = may["device"] "door "
	may["creel"] = may["door"] "creel "
	may["ctl"] = may["door"] "ctl "

	# The file or folder that owns the headers of a library.
	owner["curl/"] = "http/http_client.c"
	owner["fcgiapp.h"] = "creel/fcgi.c"
	owner["ini.h"] = "base/conf.c"
	owner["json-c/"] = "base/jsn.c"
	owner["jwt.h"] = "auth/mint.c"
	owner["libpq-fe.h"] = "db/pg.c"
	owner["malloc.h"] = "base/mem.c"
	owner["openssl/"] = "auth/"

	# ISO C, POSIX and what Linux adds.
	n = split("assert ctype dirent errno fcntl float getopt grp inttypes " \
	    "limits locale math netdb poll pthread pwd sched signal stdarg " \
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

function check_project(header, from, to) {
	if (header == "config.h")
		return
	from = FILENAME
	to = header
	sub(/\/.*/, "", from)
	if (!(from in may))
		wrong("the folder " from " has no row in check_includes.sh")
	else if (!sub(/\/.*/, "", to))
		wrong("\"" header "\" does not name its folder")
	else if (index(may[from], " " to " ") == 0)
		wrong(from " may not include \"" header "\"")
}

function check_library(header, whose) {
	if (header in is_system || header == "config.h" ||
	    header ~ /^(sys|netinet|arpa|net)\//)
		return
	whose = owner_of(header)
	if (whose == "")
		wrong("<" header "> has no owner in check_includes.sh")
	else if (!begins(FILENAME, whose))
		wrong("<" header "> belongs to " whose)
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
	if (seen == 0) {
		print "src: no includes found"
		failed = 1
	}
	exit failed
}' || exit 1
