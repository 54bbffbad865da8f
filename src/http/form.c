#include <string.h>

#include "http/form.h"

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? -1 : (int)(found - digits) % 16;
}

char *
form_decode(struct arena *arena, const char *in, size_t n, size_t *len)
{
	char *out = arena_copy(arena, in, n), *to = out;
	const char *end = in + n;
	int high, low;

	for (; in < end; in++) {
		if (*in == '%' && end - in > 2 &&
		    (high = hex_value(in[1])) >= 0 &&
		    (low = hex_value(in[2])) >= 0) {
			*to++ = (char)(high << 4 | low);
			in += 2;
		} else {
			*to++ = *in == '+' ? ' ' : *in;
		}
	}
	*to = '\0';
	if (len != NULL)
		*len = (size_t)(to - out);
	return out;
}

const char *
form_get(struct arena *arena, const char *text, const char *name)
{
	const char *equals, *value;
	size_t n;

	for (; *text != '\0'; text += n + (text[n] == '&')) {
		n = strcspn(text, "&");
		equals = memchr(text, '=', n);
		value = equals == NULL ? text + n : equals + 1;
		if (strcmp(form_decode(arena, text, (size_t)((equals == NULL ?
		    value : equals) - text), NULL), name) == 0)
			return form_decode(arena, value,
			    (size_t)(text + n - value), NULL);
	}
	return NULL;
}
