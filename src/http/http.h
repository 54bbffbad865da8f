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
struct hold;
struct hook;
struct pg;
struct principal;
struct push;
struct rate;
struct req;
struct route;
struct streams;
struct waits;

#define HTTP_HEADERS_MAX 128	/* request headers */
#define HTTP_HEAD_MAX 65536	/* bytes of all CGI variables together */
#define HTTP_PARAMS_MAX 4	/* :names in a route's pattern */
#define HTTP_ANSWER_HEADERS_MAX 32

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
	struct header headers[HTTP_ANSWER_HEADERS_MAX];
	size_t n_headers;
	const char *body;	/* with Content-Type when body_len > 0 */
	size_t body_len;
	http_piece_fn *piece;	/* what follows the body (stream.h), or NULL */
	void *piece_ctx;
	bool head;		/* length as is, but no body: HEAD, 304 */
	const char *event;	/* id of the committed event; NULL: none */
};

struct req {
	/* What it works with; set by who serves it. */
	struct arena *arena;	/* everything below is allocated there */
	const struct conf *conf;
	const struct auth *auth;
	struct pg *db;		/* the thread's: not after HTTP_LATER */
	struct cache *cache;	/* NULL: none is kept */
	struct batch *batch;	/* NULL: events are written on db */
	struct waits *waits;	/* NULL: who waits does so on its thread */
	struct rate *rate;	/* NULL: nothing is limited */
	struct push *push;	/* NULL: no devices are told */
	struct streams *streams;	/* NULL: they are not counted */
	http_read_fn *read;
	http_hurry_fn *hurry;	/* NULL: read never waits long */
	http_gone_fn *gone;	/* NULL: nobody can tell */
	void (*done)(struct req *);	/* resp is whole: send it */
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
	/* What becomes of a call that is refused after its hook was found:
	 * set by the route's target, or NULL.  Returns as a handler does. */
	int (*refused)(struct req *, const struct err *);

	/* The answer.  finish makes resp whole and calls done; err NULL is
	 * success.  Whoever a handler has left the request to calls it. */
	void (*finish)(struct req *, const struct err *);
	/* Whether the caller may (still) do this: -1 and err. */
	int (*admit)(struct req *, struct err *);
	/* A request that is held goes on here, on a thread with its db. */
	void (*resume)(struct req *);
	struct hold *hold;
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
const char *http_reason(int status);	/* "Not Found"; "" if unknown */
/* The answer's head as CGI wants it: "Status: 200 OK\r\n...\r\n\r\n". */
void http_head(const struct resp *, struct buf *);

/* Whether If-None-Match (NULL: not sent) names etag: weak comparison, lists
 * and "*" (RFC 9110 section 13.1.2). */
bool http_etag_matches(const char *if_none_match, const char *etag);

#endif
