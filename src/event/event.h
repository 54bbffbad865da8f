/* SPDX-License-Identifier: ISC */
/* Events: the log, with one row for each call that was accepted. */
#ifndef CREEL_EVENT_EVENT_H
#define CREEL_EVENT_EVENT_H

#include "event/idempotency.h"
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
	const struct call_key *key;	/* NULL: the request's, if any */
	const struct event_original *original;	/* NULL: no retry */
};

/*
 * Stores the request, with its body as it came, as an event of req->hook.  The
 * handler must return afterwards.  Returns HTTP_LATER; the request is completed
 * after the commit, or with ERR_UNAVAILABLE or ERR_UNCERTAIN if that fails.
 * Returns -1 with ERR_UNAVAILABLE if the inbox is full, ERR_QUOTA above the
 * quota of stored bytes, ERR_BAD_REQUEST if the idempotency key is too long.
 * The same call again, by its key (idempotency.h), is not stored: the response
 * has the first one's event and is marked as replayed.  Another call with the
 * key is rejected with ERR_KEY_REUSED, unless all before it were EVENT_FAILED.
 */
int event_store(struct req *, const struct event_call *, struct err *);

/*
 * Counts a call of req->hook, and sets req->left.  Returns -1 with ERR_RATE
 * above a quota of its application or organization.  Once for each call, if
 * possible before its body is received.
 */
int event_admit(struct req *, struct err *);

extern const struct route event_routes[];

#endif
