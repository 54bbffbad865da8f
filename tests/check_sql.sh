#!/bin/sh
# SPDX-License-Identifier: ISC
# Checks that each statement of a worker names its tenant: its second line is
# "-- tenant $N" with the parameter that is the application, or "-- gateway", and
# then it names no table with rows of tenants (sql/grants.sql), unless
# creel.event_open() opens an application for it.
set -eu
cd "${srcdir:-.}"

tables=$(sed -n "/unnest('{application, /,/}'/p" sql/grants.sql |
    tr -d '\n\t' | sed "s/.*'{//; s/}'.*//; s/, */|/g")
case $tables in
application\|*\|receipt)
	;;
*)
	echo "sql/grants.sql: cannot read the tables of creel.worker_fence"
	exit 1
	;;
esac

awk -v tables="$tables" '
function wrong(text) {
	print FILENAME ": " text
	failed = 1
}

FNR == 2 {
	worker = $0 == "-- worker"
	gateway = 0
}

FNR == 3 && worker {
	gateway = $0 == "-- gateway"
	if (!gateway && $0 !~ /^-- tenant [$][0-9]+$/)
		wrong("line 3 must be -- tenant $N or -- gateway")
	tenant = gateway ? "" : $3
}

FNR > 3 && worker && tenant != "" && $1 == "--" && $2 == tenant {
	if ($0 !~ /^-- [$][0-9]+ text (application|id)$/)
		wrong(tenant ": must be a text, the application")
	tenant = ""
}

/creel[.]event_open[(]/ {
	gateway = 0
}

gateway && $0 !~ /^--/ && $0 ~ "[ (]creel[.](" tables ")([^a-z_(]|$)" {
	wrong("-- gateway, but names a table with rows of tenants: " $0)
}

END {
	exit failed
}' sql/query/*.sql
