/* SPDX-License-Identifier: ISC */
/*
 * A request and its response, without I/O: the transport that serves a request
 * (FastCGI, plain CGI, a test) fills struct req from CGI variables (RFC 3875)
 * and sends struct resp.
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
struct hook;
struct idempotency;
struct longpoll;
struct pg;
struct principal;
struct push;
struct rate;
struct req;
struct route;
struct streams;
struct usage;
struct usage_left;
struct waitqueue;

#define HTTP_HEADERS_MAX 128	/* request headers */
#define HTTP_HEAD_MAX 65536	/* bytes of all CGI variables together */
#define HTTP_PARAMS_MAX 4	/* :names in a route's pattern */
#define HTTP_RESPONSE_HEADERS_MAX 32

/* Content-Security-Policy for content from others: a browser that displays it
 * runs no script in it. */
#define HTTP_SANDBOX "sandbox; default-src 'none'"

/* The characters of a token (RFC 9110 section 5.6.2): names of headers. */
#define HTTP_TOKEN "!#$%&'*+-.^_`|~0123456789" \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct header {
	const char *name;	/* in a request: lower case, with dashes */
	const char *value;
};

#define HTTP_LENGTH_NONE (-1)	/* no CONTENT_LENGTH */
#define HTTP_LENGTH_BAD (-2)	/* not a decimal number */

/* Returns true if the client has closed the connection.  Called while the
 * request waits, by one thread at a time.  It does not block. */
typedef bool http_gone_fn(void *ctx);

/* Appends the next piece of a body to out, which is empty.  Returns 1 if more
 * follow, 0 if it was the last (either may be empty), or -1 and err: the
 * response is cut off.  It runs on a serving thread with its db; arena memory
 * that it allocates is kept until the end of the response. */
typedef int http_piece_fn(struct req *, void *ctx, struct buf *out,
    struct err *);

struct resp {
	int status;
	struct header headers[HTTP_RESPONSE_HEADERS_MAX];
	size_t n_headers;
	const char *body;	/* with Content-Type when body_len > 0 */
	size_t body_len;
	http_piece_fn *piece;	/* continues the body (stream.h), or NULL */
	void *piece_ctx;
	bool head;		/* sends body_len, but no body: HEAD */
	const char *event;	/* id of the committed event; NULL: none */
	bool replayed;		/* event is an earlier call's, which this one
				 * repeats */
};

/* Services that all requests of the process share: created once, in main.c, or
 * in cgi.c for its one request.  A service that is not used is NULL. */
struct services {
	const struct conf *conf;
	const struct auth *auth;
	struct cache *cache;	/* NULL: every lookup is a query */
	struct batch *batch;	/* NULL: events are written on req->db */
	struct waitqueue *waitqueue; /* NULL: requests wait on their thread */
	struct rate *rate;	/* NULL: no rate limits */
	struct push *push;	/* NULL: no push notifications to devices */
	struct streams *streams;	/* NULL: streams are unlimited */
	struct idempotency *idempotency;	/* NULL: calls have no keys */
	struct usage *usage;	/* NULL: calls are not counted or limited */
};

struct req {
	/* Set by the transport that serves the request. */
	const struct services *services;
	struct arena *arena;	/* everything below is allocated there */
	struct pg *db;		/* the thread's: not after HTTP_LATER */
	http_gone_fn *gone;	/* NULL: the transport cannot detect it */
	void (*send)(struct req *);	/* sends resp, which is complete */
	void *ctx;		/* for the two callbacks above */

	/* Set by http_parse(). */
	char id[ID_UUID_SIZE];	/* event id, if an event is stored */
	const char *method;
	const char *path;	/* as sent: not decoded, without the query */
	const char *query;	/* "" when there is none */
	const char *remote;	/* the client's IP address */
	const char *scheme;	/* "http", "https"; "": unknown */
	const char *listen;	/* PUSH_LOCATION: path prefix of the web
				 * server's push module; "": none */
	int64_t length;		/* of the body in bytes, or HTTP_LENGTH_* */
	struct header headers[HTTP_HEADERS_MAX];
	size_t n_headers;

	/* Set by dispatch. */
	const struct route *route;
	const char *params[HTTP_PARAMS_MAX];	/* decoded, pattern order */
	const char *rest;	/* matched by a pattern's star, as sent: "" or
				 * from a slash on */
	const struct principal *principal;
	const struct hook *hook;
	const void *found;	/* by the row's target, for its door; or NULL */
	const char *application;	/* id, if the path names one */
	struct usage_left *left;	/* of the quotas of calls; NULL: none */
	int body_rule;		/* enum body_rule, from the route */
	size_t body_limit;	/* bytes */
	const char *raw;	/* the body as it came, as far as it has
				 * arrived (body.h) */
	size_t raw_len;
	size_t raw_size;	/* bytes of memory at raw, without a NUL */
	const char *body;	/* the same pointer, unless it was decoded or
				 * a byte order mark was skipped (body.h) */
	size_t body_len;
	enum jsn_type body_type;

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

/* Bytes of a body that a transport discards before it closes a connection. */
#define HTTP_DISCARD_MAX (64u << 20)

/* Returned by a handler when another module or thread will complete the
 * request: the caller must not use the request any more. */
#define HTTP_LATER 1

/*
 * Fills the request's first part from CGI variables ("NAME=value"), which are
 * borrowed.  -1 with ERR_BAD_REQUEST (too many or too large headers, no method,
 * no path): the request has its id, and an error response can be sent.
 */
int http_parse(struct req *, char *const *env, struct err *);

/* Returns the first value of a header, NULL if it is missing; *count, unless
 * NULL, is set to the number of times that it was sent. */
const char *http_header(const struct req *, const char *name, size_t *count);

/* Returns whether the method is HEAD: the response has no body, so handlers do
 * not wait for one. */
bool http_is_head(const struct req *);
/* Returns whether s can be a host and port (RFC 3986 section 3.2). */
bool http_is_authority(const char *);

/* Returns the prefix of Creel's own URLs: the option public_url without
 * trailing slashes, in the arena; "" if it is not set. */
const char *http_public_url(struct arena *, const struct conf *);
/* Returns the same; if public_url is not set, "https://host" with the scheme
 * and Host of the request, or "" if that has no valid Host. */
const char *http_base(const struct req *);

/* Percent-decodes n bytes of a path, in the arena.  NULL for an invalid escape,
 * or one of NUL or another control character. */
char *http_decode(struct arena *, const char *, size_t n);

/* Adds a header to a response; name and value are borrowed. */
void http_set(struct resp *, const char *name, const char *value);
/* Returns the first header of a response with this name; NULL: none. */
const struct header *http_get(const struct resp *, const char *name);
/* Sets the body (borrowed) of a response, and unless NULL, its media type. */
void http_body(struct resp *, const char *type, const char *body, size_t len);
/* The same for a JSON text. */
void http_json(struct resp *, const char *json);
const char *http_reason(int status);	/* "Not Found"; "" if unknown */
/* Returns whether a response with this status may have content (RFC 9110
 * section 6.4.1). */
bool http_has_content(int status);
/* Completes a response: removes body and Content-Type if its status allows no
 * content, and sets head. */
void http_finish(const struct req *, struct resp *);
/* Appends the response's head in CGI form:
 * "Status: 200 OK\r\n...\r\n\r\n". */
void http_head(const struct resp *, struct buf *);

/* Returns whether If-None-Match (NULL: not sent) matches etag: weak comparison,
 * lists and "*" (RFC 9110 section 13.1.2). */
bool http_etag_matches(const char *if_none_match, const char *etag);

#endif
