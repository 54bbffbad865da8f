/* SPDX-License-Identifier: ISC */
/* Reads and writes FastCGI records (FastCGI 1.0 sections 3.3, 4, 5). */
#include <string.h>

#include "creel/record.h"

#define VERSION 1

enum type {
	BEGIN_REQUEST = 1, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT,
	STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE
};

#define RESPONDER 1		/* role */
#define KEEP_CONN 1		/* flag of BEGIN_REQUEST */

enum status { REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE };

#define BODY_SIZE 8	/* of BEGIN_REQUEST, END_REQUEST, UNKNOWN_TYPE */

static unsigned
number16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void
put_header(char out[RECORD_HEADER_SIZE], enum type type, uint16_t id,
    size_t n)
{
	const unsigned char header[RECORD_HEADER_SIZE] = {
		VERSION, (unsigned char)type, (unsigned char)(id >> 8),
		(unsigned char)id, (unsigned char)(n >> 8), (unsigned char)n
	};

	memcpy(out, header, sizeof(header));
}

void
record_stdout(char out[RECORD_HEADER_SIZE], uint16_t id, size_t n)
{
	put_header(out, STDOUT, id, n);
}

static void
put_end(char *out, uint16_t id, enum status status)
{
	put_header(out, END_REQUEST, id, BODY_SIZE);
	memset(out + RECORD_HEADER_SIZE, 0, BODY_SIZE);
	out[RECORD_HEADER_SIZE + 4] = (char)status;
}

void
record_end(char out[RECORD_END_SIZE], uint16_t id)
{
	put_header(out, STDOUT, id, 0);
	put_end(out + RECORD_HEADER_SIZE, id, REQUEST_COMPLETE);
}

static enum record_event
reply(struct record_reader *r, size_t n)
{
	r->data = r->reply;
	r->len = n;
	return RECORD_REPLY;
}

/* Responds to a management record.  GET_VALUES always returns the only value
 * that is constant: requests of one connection are not multiplexed. */
static enum record_event
manage(struct record_reader *r, unsigned type)
{
	static const char values[] = "\017\001FCGI_MPXS_CONNS0";
	const size_t n = sizeof(values) - 1;

	r->content = RECORD_SKIP;
	if (type == GET_VALUES) {
		put_header(r->reply, GET_VALUES_RESULT, 0, n);
		memcpy(r->reply + RECORD_HEADER_SIZE, values, n);
		return reply(r, RECORD_HEADER_SIZE + n);
	}
	put_header(r->reply, UNKNOWN_TYPE, 0, BODY_SIZE);
	memset(r->reply + RECORD_HEADER_SIZE, 0, BODY_SIZE);
	r->reply[RECORD_HEADER_SIZE] = (char)type;
	return reply(r, RECORD_HEADER_SIZE + BODY_SIZE);
}

/* Handles the header of a record of the request in progress. */
static enum record_event
open_stream(struct record_reader *r, unsigned type)
{
	bool params = r->phase == RECORD_IN_PARAMS;

	if (type == ABORT_REQUEST) {
		r->phase = RECORD_IDLE;
		return RECORD_ABORT;
	}
	if (type != (params ? PARAMS : STDIN))
		return RECORD_MALFORMED;
	if (r->n_content > 0) {
		r->content = RECORD_TAKE;
		return RECORD_MORE;
	}
	r->len = 0;
	r->phase = params ? RECORD_IN_BODY : RECORD_IDLE;
	return params ? RECORD_PARAMS_END : RECORD_BODY_END;
}

/* Handles the header of a record.  RECORD_MORE: no event yet. */
static enum record_event
open_record(struct record_reader *r)
{
	unsigned type = r->header[1], id = number16(r->header + 2);

	r->n_content = number16(r->header + 4);
	r->n_padding = r->header[6];
	r->content = RECORD_SKIP;
	if (r->header[0] != VERSION)
		return RECORD_MALFORMED;
	if (id == 0)
		return type < GET_VALUES ? RECORD_MALFORMED : manage(r, type);
	if (r->phase != RECORD_IDLE && id == r->id)
		return open_stream(r, type);
	if (type == BEGIN_REQUEST) {
		r->content = RECORD_READ_BEGIN;
		return r->n_content == BODY_SIZE ? RECORD_MORE :
		    RECORD_MALFORMED;
	}
	/* Records of a request that was rejected, or that has ended. */
	return type == ABORT_REQUEST || type == PARAMS || type == STDIN ?
	    RECORD_MORE : RECORD_MALFORMED;
}

static enum record_event
begin_request(struct record_reader *r)
{
	uint16_t id = (uint16_t)number16(r->header + 2);
	enum status status = r->phase != RECORD_IDLE ? CANT_MPX_CONN :
	    number16(r->begin) != RESPONDER ? UNKNOWN_ROLE : REQUEST_COMPLETE;

	if (status != REQUEST_COMPLETE) {
		put_end(r->reply, id, status);
		return reply(r, RECORD_HEADER_SIZE + BODY_SIZE);
	}
	r->id = id;
	r->keep = (r->begin[2] & KEEP_CONN) != 0;
	r->phase = RECORD_IN_PARAMS;
	return RECORD_BEGIN;
}

/* Handles n bytes of a record's content.  RECORD_MORE: no event yet. */
static enum record_event
take_content(struct record_reader *r, const char *p, size_t n)
{
	r->n_content -= n;
	switch (r->content) {
	case RECORD_SKIP:
		break;
	case RECORD_READ_BEGIN:
		memcpy(r->begin + BODY_SIZE - r->n_content - n, p, n);
		return r->n_content == 0 ? begin_request(r) : RECORD_MORE;
	case RECORD_TAKE:
		r->data = p;
		r->len = n;
		return r->phase == RECORD_IN_PARAMS ? RECORD_PARAMS :
		    RECORD_BODY;
	}
	return RECORD_MORE;
}

/* Removes up to n bytes from the input; *p is set to the first. */
static size_t
take(struct record_input *in, size_t n, const char **p)
{
	n = n < in->n ? n : in->n;
	*p = in->p;
	in->p += n;
	in->n -= n;
	return n;
}

enum record_event
record_next(struct record_reader *r, struct record_input *in)
{
	enum record_event event = RECORD_MORE;
	const char *p;
	size_t n;

	while (event == RECORD_MORE && in->n > 0) {
		if (r->n_header < RECORD_HEADER_SIZE) {
			n = take(in, RECORD_HEADER_SIZE - r->n_header, &p);
			memcpy(r->header + r->n_header, p, n);
			r->n_header += n;
			if (r->n_header == RECORD_HEADER_SIZE)
				event = open_record(r);
		} else if (r->n_content > 0) {
			n = take(in, r->n_content, &p);
			event = take_content(r, p, n);
		} else {
			r->n_padding -= take(in, r->n_padding, &p);
		}
		if (r->n_header == RECORD_HEADER_SIZE && r->n_content == 0 &&
		    r->n_padding == 0)
			r->n_header = 0;
	}
	return event;
}

/* Reads a length of one or four bytes (section 3.4). */
static bool
read_length(const unsigned char **p, const unsigned char *end, size_t *n)
{
	const unsigned char *at = *p;

	if (at < end && *at < 0x80) {
		*n = *at;
		*p += 1;
		return true;
	}
	if (end - at < 4)
		return false;
	*n = (size_t)(at[0] & 0x7f) << 24 | (size_t)at[1] << 16 |
	    (size_t)at[2] << 8 | at[3];
	*p += 4;
	return true;
}

/* The text of a pair is never longer than its encoding, so none overwrites the
 * next one. */
static char *
put_pair(char *out, const char *name, size_t n_name, size_t n_value)
{
	memmove(out, name, n_name);
	out[n_name] = '=';
	memmove(out + n_name + 1, name + n_name, n_value);
	out[n_name + 1 + n_value] = '\0';
	return out + n_name + n_value + 2;
}

ssize_t
record_params(char *text, size_t n, char **env)
{
	const unsigned char *p = (unsigned char *)text, *end = p + n;
	size_t n_name, n_value;
	ssize_t pairs = 0;

	while (p < end) {
		if (!read_length(&p, end, &n_name) ||
		    !read_length(&p, end, &n_value) ||
		    n_name > (size_t)(end - p) ||
		    n_value > (size_t)(end - p) - n_name ||
		    memchr(p, '\0', n_name + n_value) != NULL)
			return -1;
		if (env != NULL) {
			env[pairs] = text;
			text = put_pair(text, (const char *)p, n_name, n_value);
		}
		p += n_name + n_value;
		pairs++;
	}
	return pairs;
}
