/* SPDX-License-Identifier: ISC */
/*
 * Web pages of other origins (Fetch, section 3.2): which of them may send
 * requests, and read the responses.
 */
#ifndef CREEL_HTTP_CORS_H
#define CREEL_HTTP_CORS_H

#include <stdbool.h>

#include "base/jsn.h"
#include "http/http.h"

#define CORS_ORIGINS_MAX 64	/* in a list */
#define CORS_ORIGIN_MAX 255	/* characters of one */

/*
 * A list of origins is "*", which allows all, or words with blanks between:
 * origins of web pages ("https://app.example:8443") and names of senders
 * ("eventgrid.azure.net").  NULL and "" allow none.
 */

/* Checks a list as JSON: "*", or an array of such words.  -1 with
 * ERR_BAD_REQUEST and a text that begins with name. */
int cors_check(const struct jsn *, const char *name, struct err *);
/* Returns the list that such JSON stands for, in the arena; "" for any other
 * value. */
const char *cors_read(const struct jsn *, struct arena *);

/* Returns what a list allows a sender who claims this origin: "*", or the
 * origin; NULL if it is not allowed.  The case of letters does not matter. */
const char *cors_match(const char *origins, const char *origin);

/* Lets pages of these origins read the response, unless it has headers for
 * that already.  Sends Vary if the response depends on the origin. */
void cors_respond(const struct req *, const char *origins, struct resp *);

/* The same for the response to OPTIONS.  If a browser asks in advance (a
 * preflight request), the page may use the methods of allow and any header. */
void cors_preflight(const struct req *, const char *origins, const char *allow,
    struct resp *);

#endif
