/* SPDX-License-Identifier: ISC */
/* Events: the log, with one row for each call that was accepted. */
#ifndef CREEL_EVENT_EVENT_H
#define CREEL_EVENT_EVENT_H

#include "http/content.h"
#include "http/route.h"

enum event_status { EVENT_PENDING, EVENT_SUCCESS, EVENT_FAILED };

/* The event that is retried: the new event copies these columns of it.  The
 * body is the request's. */
struct event_original {
	const char *id;
	const char *method;
	const char *headers;	/* a JSON object */
	const char *type;	/* or NULL */
};

/* Properties of an event that not every call has. */
struct event_call {
	enum event_status status;
	const char *path;	/* NULL: the request's; set by doors
				 * with a secret in the path */
	const char *query;	/* the same */
	/* Called after the commit, on a thread of the batch; NULL: the request
	 * is completed. */
	void (*on_commit)(struct req *, const struct err *);
	bool waits;		/* the client waits for a reply */
	bool authorization;	/* Authorization is for the readers, not a
				 * credential of Creel: it is stored */
	const struct content *content;	/* of the body; NULL: JSON */
	const char *parsed;	/* a form's record or an action's commands,
				 * JSON; or NULL */
	const char *targets;	/* devices addressed, an array's text;
				 * NULL: none */
	const char *remarks;	/* about the outcome; NULL: none */
	/* The error with which the call is rejected, whether it can be stored
	 * or not.  No idempotency key is stored, so that the client can send
	 * the call again.  NULL: the call is accepted. */
	const struct err *refusal;
	const char *key;	/* NULL: the request's, if it has one */
	const struct event_original *original;	/* NULL: no retry */
};

/* Sets *out to the request's idempotency key, in the arena: "name:value" of the
 * first of idempotency_headers that it has, because two senders may use the
 * same value in different headers.  NULL if it has none.  -1 with
 * ERR_BAD_REQUEST if the value is longer than 255 bytes. */
int event_key(struct req *, const char **out, struct err *);

/*
 * Stores the request, with its body as it came, as an event of req->hook.  The
 * handler must return afterwards.  Returns HTTP_LATER; the request is completed
 * after the commit, or with ERR_UNAVAILABLE or ERR_UNCERTAIN if that fails.
 * Returns -1 with ERR_UNAVAILABLE if the inbox is full, ERR_BAD_REQUEST if the
 * idempotency key is too long.  Calls with the same key on the same hook are
 * one event.
 */
int event_store(struct req *, const struct event_call *, struct err *);

extern const struct route event_routes[];

#endif
