/* SPDX-License-Identifier: ISC */
/* Events: the log.  One row for each call that was accepted. */
#ifndef CREEL_EVENT_EVENT_H
#define CREEL_EVENT_EVENT_H

#include "http/route.h"

enum event_status { EVENT_PENDING, EVENT_SUCCESS, EVENT_FAILED };

/* An event whose call is done once more: what the new one has of it.  The body
 * is the request's. */
struct event_again {
	const char *id;
	const char *method;
	const char *headers;	/* a JSON object */
	const char *type;	/* or NULL */
};

/* What is stored of a call beyond what every call has. */
struct event_call {
	enum event_status status;
	const char *path;	/* NULL: the request's own; for doors whose
				 * paths hold a secret */
	const char *query;	/* the same */
	/* What comes after the commit, on a thread of the batch; NULL: the
	 * request is finished. */
	void (*on_commit)(struct req *, const struct err *);
	bool waits;		/* the caller, for a reply */
	const char *parsed;	/* JSON that the body stands for, where it is
				 * neither JSON nor text; or NULL */
	const char *targets;	/* whom it addresses, an array's text; NULL:
				 * nobody */
	const char *remarks;	/* about the outcome; NULL: none */
	/* The call is refused: this is what its caller is told, stored or not,
	 * and a call that comes again under the same key is not this one.
	 * NULL: it is accepted. */
	const struct err *refusal;
	const char *key;	/* NULL: the sender's, if it sends one */
	const struct event_again *again;	/* NULL: it is a new one */
};

/* The sender's own id for the call, in the arena, from the first header of
 * idempotency_headers that it has: "name:value", since two senders' ids may be
 * the same text.  NULL if there is none.  -1 with ERR_BAD_REQUEST for one that
 * is too long. */
int event_key(struct req *, const char **out, struct err *);

/*
 * Stores the request as an event of req->hook: the last thing that its handler
 * does.  Returns HTTP_LATER, and the request is answered once the event is
 * committed (or with ERR_UNAVAILABLE, ERR_UNCERTAIN when that fails); or -1
 * with ERR_UNAVAILABLE when too much waits already, ERR_BAD_REQUEST for a
 * sender's key that is too long.  Calls with the same key on the same hook
 * are one event.
 */
int event_store(struct req *, const struct event_call *, struct err *);

extern const struct route event_routes[];

#endif
