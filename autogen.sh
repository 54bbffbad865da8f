#!/bin/sh
# SPDX-License-Identifier: ISC
# Generates ./configure; requires autoconf, automake and pkg-config.
set -e
cd "$(dirname "$0")"
exec autoreconf --install --force
