/* SPDX-License-Identifier: ISC */
/*
 * A request and its answer.  No I/O: who serves a request (FastCGI, plain CGI,
 * a test) fills struct req from CGI variables (RFC 3875) and sends struct
 * resp.
 */
#ifndef CREEL_HTTP_HTTP_H
#define CREEL_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/fail.h"
#include "base/ids.h"
#include "base/jsn.h"

struct auth;
struct batch;
struct buf;
struct cache;
struct dialect;
struct longpoll;
struct hook;
struct pg;
struct principal;
struct push;
struct rate;
struct req;
struct route;
struct streams;
struct waitqueue;

#define HTTP_HEADERS_MAX 128	/* request headers */
#define HTTP_HEAD_MAX 65536	/* bytes of all CGI variables together */
#define HTTP_PARAMS_MAX 4	/* :names in a route's pattern */
#define HTTP_RESPONSE_HEADERS_MAX 32

/* Content-Security-Policy of what somebody else wrote: a browser that shows
 * it runs nothing in it. */
#define HTTP_SANDBOX "sandbox; default-src 'none'"

struct header {
	const char *name;	/* of a request: lower-case, with dashes */
	const char *value;
};

#define HTTP_LENGTH_NONE (-1)	/* no CONTENT_LENGTH */
#define HTTP_LENGTH_BAD (-2)	/* not a decimal number */

/* Where the body comes from: like read(2); 0 at its end, -1 if it broke off. */
typedef ssize_t http_read_fn(void *ctx, char *, size_t);
/* What is left of the body is of no use to anybody: from now on read gives up
 * (-1) when nothing comes for HTTP_HURRY_MS, or twice that. */
typedef void http_hurry_fn(void *ctx);
#define HTTP_HURRY_MS 250
/* Whether who asked is there no more; asked while the request is held, by one
 * thread at a time.  It does not block. */
typedef bool http_gone_fn(void *ctx);

/* Appends the next piece of a body to out, which is empty.  1: there are more,
 * 0: it was the last (either may be empty); -1 and err: the answer is cut.  It
 * runs on a serving thread with its db; what it takes from the arena stays
 * there until the end. */
typedef int http_piece_fn(struct req *, void *ctx, struct buf *out,
    struct err *);

struct resp {
	int status;
	struct header headers[HTTP_RESPONSE_HEADERS_MAX];
	size_t n_headers;
	const char *body;	/* with Content-Type when body_len > 0 */
	size_t body_len;
	http_piece_fn *piece;	/* what follows the body (stream.h), or NULL */
	void *piece_ctx;
	bool head;		/* length as is, but no body: HEAD, 304 */
	const char *event;	/* id of the committed event; NULL: none */
};

/* What every request of the process shares; made once, in main.c.  A program
 * that has no use for a service leaves it NULL. */
struct services {
	const struct conf *conf;
	const struct auth *auth;
	struct cache *cache;	/* NULL: every look-up is a query */
	struct batch *batch;	/* NULL: events are written on req->db */
	struct waitqueue *waitqueue; /* NULL: requests wait on their thread */
	struct rate *rate;	/* NULL: no rate limits */
	struct push *push;	/* NULL: devices get no hints */
	struct streams *streams;	/* NULL: streams are not limited */
};

struct req {
	/* Set by the transport that serves the request. */
	const struct services *services;
	struct arena *arena;	/* everything below is allocated there */
	struct pg *db;		/* the thread's: not after HTTP_LATER */
	http_read_fn *read;
	http_hurry_fn *hurry;	/* NULL: read never waits long */
	http_gone_fn *gone;	/* NULL: the transport cannot detect it */
	void (*send)(struct req *);	/* sends resp, which is complete */
	void *ctx;		/* for these four */

	/* What came in: http_parse(). */
	char id[ID_UUID_SIZE];	/* its event id, should one be stored */
	const char *method;
	const char *path;	/* as sent: not decoded, without the query */
	const char *query;	/* "" when there is none */
	const char *remote;	/* the caller's address */
	const char *scheme;	/* "http", "https"; "" when nobody says */
	const char *listen;	/* PUSH_LOCATION: what paths of the web server's
				 * push module begin with; "": it has none */
	int64_t length;		/* of the body, or HTTP_LENGTH_* */
	struct header headers[HTTP_HEADERS_MAX];
	size_t n_headers;

	/* What was found out on the way: dispatch. */
	const struct route *route;
	const char *params[HTTP_PARAMS_MAX];	/* decoded, pattern order */
	const char *rest;	/* what a pattern's star took, as sent: "" or
				 * from a slash on */
	const struct principal *principal;
	const struct hook *hook;
	const char *application;	/* its id, of a path that names one */
	const char *body;
	size_t body_len;
	enum jsn_type body_type;
	bool body_ended;	/* the body was read to its end */
	bool body_discarded;	/* no more of it is asked for */
	/* Runs when a call is rejected after its hook was found: set by the
	 * route's target, or NULL.  Returns as a handler does. */
	int (*on_reject)(struct req *, const struct err *);

	/* Completes resp and calls send; err NULL is success.  Called once:
	 * by dispatch, or by the module that took the request over when the
	 * handler returned HTTP_LATER. */
	void (*complete)(struct req *, const struct err *);
	/* Checks the caller's credential, scope and target again: 0, or -1
	 * and err. */
	int (*authorize)(struct req *, struct err *);
	/* Runs when a waiting request is woken, on a thread with its db. */
	void (*on_wake)(struct req *);
	struct longpoll *longpoll;	/* of a request that waits */
	const struct dialect *dialect;
	struct timespec since;
	struct resp resp;
};

/* What a handler returns when somebody else will finish the request: it must
 * not be touched any more. */
#define HTTP_LATER 1

/*
 * Fills what came in from CGI variables ("NAME=value"); the texts are
 * borrowed.  -1 with ERR_BAD_REQUEST (too much of them, no method, no path):
 * the request can still be answered and has its id.
 */
int http_parse(struct req *, char *const *env, struct err *);

/* The value of a header, NULL if it is not there; *count, if wanted, is how
 * often it came. */
const char *http_header(const struct req *, const char *name, size_t *count);

/* What our addresses begin with, for who is to call one: the option public_url
 * without slashes at its end, in the arena; "" if it is not set. */
const char *http_public_url(struct arena *, const struct conf *);
/* The same; if it is not set, "https://host" as the request has it, or "" if
 * that names no host. */
const char *http_base(const struct req *);

/* What a hex digit of either case stands for; -1 for anything else. */
int http_hex(char);
/* The decoded form of n bytes of a path segment, in the arena; NULL if an
 * escape is wrong or stands for NUL or another control character. */
char *http_decode(struct arena *, const char *, size_t n);

/* Adds a header to an answer; name and value are borrowed. */
void http_set(struct resp *, const char *name, const char *value);
/* Gives an answer its body (borrowed) and media type. */
void http_body(struct resp *, const char *type, const char *body, size_t len);
/* The same for a JSON text. */
void http_json(struct resp *, const char *json);
const char *http_reason(int status);	/* "Not Found"; "" if unknown */
/* The answer's head as CGI wants it: "Status: 200 OK\r\n...\r\n\r\n". */
void http_head(const struct resp *, struct buf *);

/* Whether If-None-Match (NULL: not sent) names etag: weak comparison, lists
 * and "*" (RFC 9110 section 13.1.2). */
bool http_etag_matches(const char *if_none_match, const char *etag);

#endif
