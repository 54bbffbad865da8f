/* SPDX-License-Identifier: ISC */
/*
 * FastCGI records: reads those of a web server and writes those of a response.
 * No I/O and no allocation.  Only the responder role, and one request of a
 * connection at a time (FastCGI 1.0 sections 3.3, 4, 5).
 */
#ifndef CREEL_CREEL_RECORD_H
#define CREEL_CREEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RECORD_HEADER_SIZE 8
#define RECORD_CONTENT_MAX 65535
#define RECORD_END_SIZE 24	/* bytes of record_end() */
#define RECORD_REPLY_SIZE 32	/* bytes of the longest reply */

enum record_event {
	RECORD_MORE,		/* the input is used up */
	RECORD_BEGIN,		/* a request begins */
	RECORD_PARAMS,		/* bytes of its variables: data, len */
	RECORD_PARAMS_END,
	RECORD_BODY,		/* bytes of its body: data, len */
	RECORD_BODY_END,	/* the last event of a request */
	RECORD_ABORT,		/* ... unless the web server aborts it */
	RECORD_REPLY,		/* data, len must be sent to the web server */
	RECORD_MALFORMED	/* this connection must be closed */
};

/* Input that was not read yet. */
struct record_input {
	const char *p;
	size_t n;
};

/* The state between two pieces of input: zeroed at the start of a connection.
 * The caller reads only the first five members. */
struct record_reader {
	const char *data;	/* of the last event */
	size_t len;		/* 0 at the end of variables and body */
	uint16_t id;		/* of the request */
	bool keep;		/* the web server keeps the connection */
	size_t n_header;	/* bytes of a record's header that have arrived:
				 * 0 between two records */

	enum { RECORD_IDLE, RECORD_IN_PARAMS, RECORD_IN_BODY } phase;
	enum { RECORD_SKIP, RECORD_TAKE, RECORD_READ_BEGIN } content;
	unsigned char header[RECORD_HEADER_SIZE];
	unsigned char begin[8];	/* the content of BEGIN_REQUEST */
	size_t n_content;	/* bytes of the record that have not arrived */
	size_t n_padding;
	char reply[RECORD_REPLY_SIZE];
};

/* Reads input up to the next event. */
enum record_event record_next(struct record_reader *, struct record_input *);

/*
 * Decodes the variables of a request in place, as "NAME=value".  Returns their
 * number, or -1 if they are malformed: lengths beyond the end, or a NUL.  env
 * receives the pointers; NULL: only counts and checks.
 */
ssize_t record_params(char *p, size_t n, char **env);

/* Writes the header of a STDOUT record with n bytes of content. */
void record_stdout(char out[RECORD_HEADER_SIZE], uint16_t id, size_t n);
/* Writes the records that end a response. */
void record_end(char out[RECORD_END_SIZE], uint16_t id);

#endif
