#!/bin/bash
# SPDX-License-Identifier: ISC
# The demo application of quickstart and of the test that runs the examples of
# the manuals.
#
#	demo.sh make CREELCTL	creates it and prints its variables
#	demo.sh call DIR	sends a value to its data source
#	demo.sh hints DIR	prints the first commands to try
#
# DIR/demo.env has the variables; CREEL_CONF names creelctl's configuration.
set -eu

# ctl ARGUMENT...: creelctl, with JSON as its output.
ctl() {
	"$creelctl" --json "$@"
}

# field NAME: of the JSON object on standard input.
field() {
	sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | head -n 1
}

# webhook NAME [SETTINGS]: creates one and prints it.
webhook() {
	ctl hook create --application "$application" --kind webhook \
	    --name "$1" --settings "${2:-{\}}"
}

# key NAME SCOPE...: creates an API key and prints the key alone.
key() {
	local name=$1 scope scopes=()
	shift
	for scope; do
		scopes+=(--scope "$scope")
	done
	ctl key create --application "$application" --name "$name" \
	    "${scopes[@]}" | field key
}

# token OWNER ID SCOPE: signs a JWT that is valid for ten years.
token() {
	"$creelctl" jwt --issuer demo --subject demo "--$1" "$2" \
	    --scope "$3" --lifetime 315360000
}

# step FUNCTION [PARAMETER VALUE]: a step of an action, for all devices.
step() {
	printf '{"function":"%s","targets":{"allDevices":true}' "$1"
	[ $# = 1 ] || printf ',"parameters":{"%s":"%s"}' "$2" "$3"
	printf '}'
}

# One webhook of each kind, to look at.
more_webhooks() {
	webhook "Asks and waits" '{"waitForReply":true}'
	webhook "With a password" \
	    '{"basicAuthUsername":"demo","basicAuthPassword":"demo"}'
	webhook "Called by Twilio" '{"verificationType":"twilio"}'
	webhook "Called by Facebook" '{"verificationType":"facebook",
	    "verificationCode":"demo"}'
	webhook "Called by Fitbit" '{"verificationType":"fitbit",
	    "verificationCode":"demo","responseCode":204}'
	webhook "Called by Alexa" '{"verificationType":"alexa"}'
	webhook "Takes files" '{"castBuffersAs":"base64","annotateMultipart":true}'
}

# variable NAME VALUE: an empty value means that its command failed.
variable() {
	[ -n "$2" ] || {
		echo "${0##*/}: no value for $1" >&2
		exit 1
	}
	echo "$1=$2"
}

# A form with an SQL view, and a user who may send to it.
form() {
	local form
	form=$(ctl form create --application "$application" \
	    --name Alerts --usage Webhook --field email_subject:text:required \
	    --field email_body:text --field received_date:date-time)
	"$creelctl" form view "$(field id <<<"$form")" >/dev/null
	variable FORM_ID "$(field id <<<"$form")"
	variable FORM_KEY "$(field appKey <<<"$form")"
	variable FORM_SECRET "$(ctl user create --application "$application" \
	    --email demo@example.org | field secretKey)"
}

# An action for all devices, and the key that calls it.
action() {
	local steps
	steps=$(step LOAD_URL url https://example.org/)
	steps+=,$(step REFRESH_DATASOURCE dataSourceId "$1")
	steps+=,$(step SEND_SENSOR_EVENT_DATA)
	variable EVENT_ID "$(ctl action create --application "$application" \
	    --name "All screens" --steps "[$steps]" | field eventId)"
	variable WEBHOOK_APIKEY "$(key "event caller" action.call)"
}

# A screen, in a group and with a tag.
device() {
	local device
	device=$(ctl device create --application "$application" \
	    --name "Screen in the lobby" --tag lobby)
	ctl group create --application "$application" --name "Ground floor" \
	    --device "$(field id <<<"$device")" >/dev/null
	variable DEVICE_KEY "$(field key <<<"$device")"
}

make() {
	local organization application hook thermometer
	creelctl=$1
	organization=$(ctl organization create Demo | field id)
	application=$(ctl application create Demo \
	    --organization "$organization" | field id)
	hook=$(webhook Doorbell)
	more_webhooks >/dev/null
	thermometer=$(ctl hook create --application "$application" \
	    --kind datasource --name Thermometer)
	variable APPLICATION_ID "$application"
	variable WEBHOOK_ID "$(field id <<<"$hook")"
	variable WEBHOOK_TOKEN "$(field handle <<<"$hook")"
	variable DATASOURCE_ID "$(field handle <<<"$thermometer")"
	variable API_KEY "$(key poster datasource.post)"
	variable READER_KEY "$(key reader datasource.get event.get event.body)"
	variable BEARER_TOKEN "$(token application "$application" \
	    all.Application)"
	form
	action "$(field id <<<"$thermometer")"
	device
	variable ORGANIZATION_TOKEN "$(token organization "$organization" \
	    all.Organization)"
}

# The key is given to curl on its standard input: it does not show in ps(1).
call() {
	# shellcheck disable=SC1091
	. "$1/demo.env"
	printf 'header = "ApiKey: %s"\n' "$API_KEY" |
	    curl -fsS --max-time 20 -K - --json '{"temperature":21.5}' \
	    "$URL/hooks/incoming/$DATASOURCE_ID"
}

hints() {
	# shellcheck disable=SC1091
	. "$1/demo.env"
	local pages
	pages=$(cd "$(dirname "$0")/../../man" && pwd -P)
	cat <<-END

	Creel runs at $URL. Its credentials are in $1/demo.env:

	. $1/demo.env
	curl -i -H "ApiKey: \$API_KEY" --json '{"temperature":22}' "\$URL/hooks/incoming/\$DATASOURCE_ID"
	curl -i -d button=front "\$URL/webhooks/\$WEBHOOK_TOKEN/ring"
	"\$CREELCTL" -f "\$CREEL_CONF" event list --application "\$APPLICATION_ID"

	Tutorial: man -l $pages/creel-intro.7
	HTTP interface: man -l $pages/creel-api.7
	END
}

case ${1:-}:$# in
make:2|call:2|hints:2) "$@" ;;
*)
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 64 ;;
esac
