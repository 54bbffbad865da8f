/* SPDX-License-Identifier: ISC */
/*
 * The Quixy door (wire/quixy 4): calls to forms, their status and history, and
 * tokens for users.  Quixy's "app" is a form, its app key the form's handle.
 */
#ifndef CREEL_DOOR_QUIXY_H
#define CREEL_DOOR_QUIXY_H

#include "http/route.h"

extern const struct route quixy_routes[];

/* Shared by the files of the door. */

/* Sets req->hook to the form with this app key.  -1 with ERR_NOT_FOUND (also
 * if it does not accept calls), ERR_FORBIDDEN or ERR_UNAVAILABLE. */
int quixy_form_find(struct req *, const char *key, struct err *);

/* Errors as in RFC 6749 section 5.2. */
extern const struct dialect quixy_oauth_dialect;

route_fn quixy_status, quixy_history;		/* quixy_history.c */
route_fn quixy_token, quixy_oauth;		/* quixy_token.c */

/* Responds with JSON, which is borrowed; caches must not store it. */
void quixy_answer(struct resp *, const char *json);

#endif
