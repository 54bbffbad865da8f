/* SPDX-License-Identifier: ISC */
/* Checks labels: tags and event ids. */
#include "base/jsn.h"
#include "hook/label.h"

/* Control characters beyond ASCII are two bytes: C2 and 80 to 9F. */
static bool
is_control(const char *s, size_t n)
{
	const unsigned char *c = (const unsigned char *)s;

	return n == 1 ? c[0] < ' ' || c[0] == 0x7f :
	    n == 2 && c[0] == 0xc2 && c[1] < 0xa0;
}

bool
label_is(const char *s, size_t len)
{
	const char *end = s + len;
	size_t n, points = 0;

	for (; s < end && points <= LABEL_MAX; s += n, points++) {
		n = jsn_utf8(s, (size_t)(end - s));
		if (n == 0 || is_control(s, n))
			return false;
	}
	return points > 0 && points <= LABEL_MAX;
}
