/* SPDX-License-Identifier: ISC */
/* Syntax check of http and https URLs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "http/url.h"

#define PORT_DIGITS 5
#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789-._~"
#define SUB_DELIMS "!$&'()*+,;="

/* Skips the allowed characters and escapes; NULL for an invalid escape. */
static const char *
pass(const char *s, const char *allowed)
{
	for (;;) {
		s += strspn(s, allowed);
		if (*s != '%')
			return s;
		if (hex_value(s[1]) < 0 || hex_value(s[2]) < 0)
			return NULL;
		s += 3;
	}
}

/* Skips the host: a name or an IP address, in brackets if it has colons.  NULL
 * if there is none. */
static const char *
pass_host(const char *s)
{
	const char *end;

	if (*s != '[') {
		end = pass(s, UNRESERVED SUB_DELIMS);
		return end == s ? NULL : end;
	}
	end = s + 1 + strspn(s + 1, "0123456789abcdefABCDEF:.");
	return end - s > 2 && *end == ']' ? end + 1 : NULL;
}

/* Skips the port, which may be missing; NULL if it is invalid. */
static const char *
pass_port(const char *s)
{
	size_t n;

	if (*s != ':')
		return s;
	n = strspn(++s, "0123456789");
	return n > PORT_DIGITS || strtol(s, NULL, 10) > 65535 ? NULL : s + n;
}

bool
url_is_http(const char *s)
{
	if (strncasecmp(s, "http", 4) != 0)
		return false;
	s += 4;
	s += tolower((unsigned char)*s) == 's';
	if (strncmp(s, "://", 3) != 0 || (s = pass_host(s + 3)) == NULL ||
	    (s = pass_port(s)) == NULL || (*s != '\0' && *s != '/' &&
	    *s != '?' && *s != '#'))
		return false;
	s = pass(s, UNRESERVED SUB_DELIMS ":@/?");
	if (s != NULL && *s == '#')
		s = pass(s + 1, UNRESERVED SUB_DELIMS ":@/?");
	return s != NULL && *s == '\0';
}
