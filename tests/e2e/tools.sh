# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: ISC
# Functions that quickstart and runtests share, to be sourced.  $source is the
# folder of the sources, $logs the folder for logs.

# nginx, apache2 and others are in folders that a user's PATH may lack.
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin

export LC_ALL=C.UTF-8
# Variables of the caller must not select another database or configuration.
for name in $(env | sed -n 's/^\(PG[A-Z]*\|CREEL_[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done

build_packages='gcc libc6-dev make autoconf automake pkg-config libjson-c-dev
	libpq-dev libjwt-dev libssl-dev libinih-dev
	libcurl4-openssl-dev zlib1g-dev'

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "$1 requires root or sudo"
		sudo "$@"
	fi
}

missing_packages() {
	for package; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
		    grep -q '^install ok installed$' || echo "$package"
	done
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
	    --no-install-recommends "$@" >>"$logs/apt.log" 2>&1
}

# Installs packages without starting their services and without creating a
# PostgreSQL cluster.  Changes in /etc are undone.
install_quietly() (
	policy=/usr/sbin/policy-rc.d
	cluster=/etc/postgresql-common/createcluster.conf
	made_policy=
	saved_cluster=

	restore() {
		[ -z "$made_policy" ] || as_root rm -f "$policy"
		[ -z "$saved_cluster" ] || as_root mv "$cluster.creel" "$cluster"
	}
	trap restore EXIT
	if [ ! -e "$policy" ]; then
		made_policy=yes
		printf '#!/bin/sh\nexit 101\n' |
		    as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
	fi
	as_root apt-get update -q >>"$logs/apt.log" 2>&1 || true
	if [ -n "$(missing_packages postgresql-common)" ] &&
	    echo "$*" | grep -q postgresql; then
		apt_install postgresql-common || exit 1
		saved_cluster=yes
		as_root cp -p "$cluster" "$cluster.creel"
		echo 'create_main_cluster = false' |
		    as_root tee -a "$cluster" >/dev/null
	fi
	apt_install "$@"
)

# need_packages NAME...: installs the packages that are missing.
need_packages() {
	missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "missing packages: $missing"
	echo "  installing $missing"
	# shellcheck disable=SC2086
	install_quietly $missing || die "apt-get failed: see $logs/apt.log"
}

# npm_install FROM TO: copies a folder and installs the packages of its
# package-lock.json there.  Debian's Node is installed only if there is none.
npm_install() {
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		need_packages nodejs npm
	fi
	mkdir -p "$2" && cp "$1/"* "$2" || return
	cmp -s "$2/package-lock.json" "$2/installed" && return
	echo "  installing the packages of ${1#"$source"/}"
	(cd "$2" && npm ci --no-audit --no-fund) >"$logs/npm.log" 2>&1 &&
	    cp "$2/package-lock.json" "$2/installed"
}

# copy_source TO: copies the sources without build results, so that builds
# elsewhere neither use nor change the folder of the sources.
copy_source() {
	mkdir -p "$1"
	tar -C "$source" -cf - --exclude=./.git --exclude='./build*' \
	    --exclude=./configure --exclude=./config.* --exclude=./Makefile \
	    --exclude=./Makefile.in --exclude=./autom4te.cache \
	    --exclude=./stamp-h1 --exclude='*.o' --exclude='*.a' \
	    --exclude=.deps --exclude=.dirstamp --exclude=__pycache__ \
	    --exclude=./creel.fcgi --exclude=./creelctl \
	    --exclude=./src/db/sql_data.inc --exclude=./man/creel.conf.5 \
	    --exclude=./man/creel.fcgi.8 --exclude=./systemd/creel.service \
	    --exclude=./systemd/creel-maintain.service \
	    --exclude=./samples --exclude='./nginx/*.conf' \
	    --exclude='./apache/*.conf' --exclude='./apache/error*' . | tar -C "$1" -xf -
}
