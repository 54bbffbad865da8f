/* SPDX-License-Identifier: ISC */
/*
 * Content: what a body reads as.  It is decided once, when the call is stored;
 * the readers of events (creel.event_body() in the schema) return it.  The
 * bytes are stored as they came, whatever they read as.
 */
#ifndef CREEL_HTTP_CONTENT_H
#define CREEL_HTTP_CONTENT_H

#include "http/cast.h"
#include "http/http.h"

enum reading {
	READING_NOTHING,	/* there is no body: null */
	READING_JSON,		/* the stored bytes, which are JSON in UTF-8 */
	READING_TEXT,		/* a string of them: UTF-8 without a NUL */
	READING_VALUE		/* a JSON text of its own */
};

struct content {
	enum reading reading;
	const char *value;	/* of READING_VALUE, borrowed from the request
				 * or in its arena; else NULL */
};

/* Returns the reading's name in the database. */
const char *reading_name(enum reading);

/* The content of a JSON body that body_end() has checked, or an empty one. */
void content_json(const struct req *, struct content *out);

/*
 * The content of any body (wire/losant 1.7), by its Content-Type:
 * - JSON, a form and multipart/form-data are JSON if they are valid for their
 *   type, otherwise text;
 * - application/octet-stream is cast;
 * - text, XML, and other types with a known charset are text;
 * - all others, and a body without a type, are text, unless they are not UTF-8
 *   or contain a control character that no text has (MIME Sniffing Standard,
 *   section 3: "binary data byte"): then they are cast.
 * Text is a string, converted from its charset; invalid bytes become U+FFFD.
 * JSON is UTF-8, whatever charset its type names (RFC 8259 section 11); only
 * if it is not valid as such, the charset applies.  A byte order mark at the
 * beginning of text or JSON is skipped.
 */
void content_any(const struct req *, enum cast, bool annotate,
    struct content *out);

#endif
