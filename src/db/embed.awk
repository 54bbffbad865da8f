# SPDX-License-Identifier: ISC
# Turns SQL files into the rows of src/db/sql_data.inc.  Used as
#   awk -f embed.awk sql/schema/001_schema.sql ... sql/query/NAME.sql ...
# A query is a row SQL(name, again, worker, tenant, params, text), a migration a
# row MIGRATION(version, name, text), grants.sql a row GRANTS(text).  C string
# literals may be long, but a row is split a line at a time.

function flush_file(	kind) {
	if (file == "")
		return
	if (file ~ /\/schema\//)
		print "MIGRATION(" (stem + 0) ", \"" stem "\","
	else if (file ~ /grants\.sql$/)
		print "GRANTS("
	else
		print "SQL(" stem ", " again ", " worker ", " tenant ", " \
		    params ","
	print body ")"
}

FNR == 1 {
	flush_file()
	file = FILENAME
	stem = file
	sub(/.*\//, "", stem)
	sub(/\.sql$/, "", stem)
	body = ""
	params = 0
	again = stem
	worker = "false"
	tenant = 0
}

# PostgreSQL does not need the license.
/^-- SPDX-License-Identifier: / {
	next
}

/^-- worker$/ {
	worker = "true"
}

/^-- tenant [$][0-9]+$/ {
	tenant = substr($3, 2) + 0
}

/^-- again / {
	again = $3
}

match($0, /^-- \$[0-9]+/) {
	n = substr($0, 5, RLENGTH - 4) + 0
	if (n > params)
		params = n
}

{
	line = $0
	gsub(/\\/, "&&", line)
	gsub(/"/, "\\\"", line)
	body = body "\t\"" line "\\n\"\n"
}

END { flush_file() }
