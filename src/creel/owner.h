/* SPDX-License-Identifier: ISC */
/* The owner of a request, for its share of memory and threads. */
#ifndef CREEL_CREEL_OWNER_H
#define CREEL_CREEL_OWNER_H

#include <stdbool.h>

#include "http/http.h"

/* Returns the request's application, or the only one of its credential; if
 * there is none, the credential's name; without a credential its client's
 * network.  Valid as long as the request's arena is. */
const char *owner_of(const struct req *);

/* Returns whether a request holds a thread only briefly: a call to a hook,
 * which is put into the inbox, or one of the benchmark's ceiling. */
bool owner_is_brief(const struct req *);

#endif
