/* SPDX-License-Identifier: ISC */
/* Masks: removes credentials from texts that the readers of events see. */
#include <string.h>

#include "auth/auth_key.h"
#include "auth/mask.h"
#include "base/hex.h"

#define WEBHOOKS "webhooks"	/* the segment before the token of a webhook */
/* The base64url of { and a quote or a blank, and of { and another white space,
 * as issuers that print the header in several lines have it. */
#define JWT_PREFIX "ey"
#define JWT_PREFIX_LINE "ew"

/* The text that is being masked. */
struct mask {
	const struct auth *auth;
	struct arena *arena;
	const char *no_jwt;	/* no JWT begins before this place */
};

static bool
is_escape(const char *s)
{
	return hex_value(s[0]) >= 0 && hex_value(s[1]) >= 0;
}

/* Returns the character at *s, and moves *s behind it.  An escape may itself be
 * escaped: %2541 is %41, which is A. */
static char
next(const char **s)
{
	const char *digits = *s + 1;

	if (**s == '%') {
		while (digits[0] == '2' && digits[1] == '5' &&
		    is_escape(digits + 2))
			digits += 2;
		if (is_escape(digits)) {
			*s = digits + 2;
			return (char)(hex_value(digits[0]) << 4 |
			    hex_value(digits[1]));
		}
	}
	return *(*s)++;
}

/* Returns the place behind a prefix, or NULL if s does not begin with it. */
static const char *
skip(const char *s, const char *prefix)
{
	while (*prefix != '\0' && *s != '\0' && next(&s) == *prefix)
		prefix++;
	return *prefix == '\0' ? s : NULL;
}

static bool
is_base64url(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Returns the place behind the characters of base64url, at most max; *n is
 * their number. */
static const char *
run(const char *s, size_t max, size_t *n)
{
	const char *after = s;

	for (*n = 0; *n < max && *s != '\0' && is_base64url(next(&after)); ++*n)
		s = after;
	return s;
}

/* Returns the place behind exactly this many characters, or NULL. */
static const char *
run_of(const char *s, size_t characters)
{
	size_t n;

	s = run(s, characters, &n);
	return n == characters ? s : NULL;
}

/* The following functions return the place behind a credential that begins at s
 * or NULL, and set *secret to its first character that is masked. */
typedef const char *form_fn(struct mask *, const char *s, const char **secret);

static const char *
form_key(struct mask *mask, const char *s, const char **secret)
{
	(void)mask;
	*secret = s;
	s = skip(s, KEY_PREFIX);
	return s == NULL ? NULL : run_of(s, KEY_SIZE - sizeof(KEY_PREFIX));
}

static const char *
form_webhook(struct mask *mask, const char *s, const char **secret)
{
	const char *slash;

	(void)mask;
	if ((s = skip(s, WEBHOOKS)) == NULL || (s = skip(s, "/")) == NULL)
		return NULL;
	while ((slash = skip(s, "/")) != NULL)
		s = slash;
	*secret = s;
	return run_of(s, MASK_TOKEN_BYTES / 3 * 4);
}

static const char *
form_jwt(struct mask *mask, const char *s, const char **secret)
{
	const char *payload, *end;
	size_t n, i;
	char *text;

	if (s < mask->no_jwt || (skip(s, JWT_PREFIX) == NULL &&
	    skip(s, JWT_PREFIX_LINE) == NULL))
		return NULL;
	*secret = s;
	/* A later start in the same part has the same payload, if any. */
	mask->no_jwt = s = run(s, SIZE_MAX, &n);
	if ((payload = skip(s, ".")) == NULL)
		return NULL;
	s = run(payload, SIZE_MAX, &n);
	if ((end = skip(s, ".")) == NULL)
		return NULL;
	text = arena_alloc(mask->arena, n + 1);
	for (i = 0; i < n; i++)
		text[i] = next(&payload);
	return auth_names_issuer(mask->auth, text, n, mask->arena) ?
	    run(end, SIZE_MAX, &n) : NULL;
}

static form_fn *const forms[] = { form_key, form_webhook, form_jwt };

static const char *
find(struct mask *mask, const char *s, const char **secret)
{
	const char *end = NULL;
	size_t i;

	for (i = 0; end == NULL && i < sizeof(forms) / sizeof(forms[0]); i++)
		end = forms[i](mask, s, secret);
	return end;
}

/* Returns whether a text may hold a credential: most do not. */
static bool
may_hold(const char *text)
{
	return strchr(text, '%') != NULL || strstr(text, KEY_PREFIX) != NULL ||
	    strstr(text, WEBHOOKS) != NULL ||
	    strstr(text, JWT_PREFIX) != NULL ||
	    strstr(text, JWT_PREFIX_LINE) != NULL;
}

void
mask_credentials(const struct auth *auth, struct arena *arena, char *text)
{
	static const char begins[] = { '%', KEY_PREFIX[0], WEBHOOKS[0],
	    JWT_PREFIX[0] };
	struct mask mask = { auth, arena, text };
	const char *s = text, *secret, *end;
	char *out = text;

	if (!may_hold(text))
		return;
	while (*s != '\0') {
		end = memchr(begins, *s, sizeof(begins)) == NULL ? NULL :
		    find(&mask, s, &secret);
		if (end == NULL) {
			*out++ = *s++;
			continue;
		}
		memmove(out, s, (size_t)(secret - s));
		out += secret - s;
		memcpy(out, AUTH_REDACTED, sizeof(AUTH_REDACTED) - 1);
		out += sizeof(AUTH_REDACTED) - 1;
		s = end;
	}
	*out = '\0';
}
