/* SPDX-License-Identifier: ISC */
/* Expressions: regular expressions that nginx and Apache both understand.  They
 * ignore case. */
#ifndef CREEL_CREEL_EXPRESSION_H
#define CREEL_CREEL_EXPRESSION_H

#include "base/buf.h"

/* Characters that a client may have percent-encoded, even repeatedly. */
#define ESCAPE "%(?:25)*"
#define CHARACTER "(?:[\\w-]|" ESCAPE "[2-7][\\da-f])"	/* of base64url */
#define SLASH "(?:/|" ESCAPE "2f)"
/* Anything that a web server treats as a slash. */
#define SLASHES "(?:/|" ESCAPE "2f|\\x5c|" ESCAPE "5c)" \
	"(?:[/.\\x5c]|" ESCAPE "2[ef]|" ESCAPE "5c)*"
/* The end of a request line. */
#define PROTOCOL "((?: HTTP/\\d\\.\\d)?)"

/* Ends the program if a text of the tables contains one of these characters. */
void expression_reject(const char *text, const char *characters);
/* Appends an expression that matches text literally. */
void expression_quote(struct buf *out, const char *text);
/* Appends an expression for a text: letters may be percent-encoded, and a slash
 * may be anything that a web server treats as one. */
void expression_disguise(struct buf *out, const char *text);

#endif
