/* SPDX-License-Identifier: ISC */
/* HTTP Basic: reads and compares the user and password of a request. */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <string.h>
#include <strings.h>

#include "auth/auth_basic.h"
#include "auth/auth_key.h"
#include "auth/mask.h"

/* Decodes the text after "Basic", in the arena.  NULL if it is not base64, or
 * holds a NUL: bytes after it would not be compared.  OpenSSL decodes padding
 * to NULs and counts them. */
static const char *
decode(struct arena *arena, const char *text)
{
	size_t n = strlen(text), pads = n - strcspn(text, "=");
	char *out;

	if (n == 0 || n % 4 != 0 || pads > 2)
		return NULL;
	out = arena_alloc(arena, n / 4 * 3 + 1);
	if (EVP_DecodeBlock((unsigned char *)out,
	    (const unsigned char *)text, (int)n) < 0)
		return NULL;
	return strlen(out) == n / 4 * 3 - pads ? out : NULL;
}

bool
secret_equals(const char *a, const char *b)
{
	char hashes[2][KEY_HASH_SIZE];

	/* The hashes have the same length for secrets of any length. */
	key_hash(a, hashes[0]);
	key_hash(b, hashes[1]);
	return *a != '\0' && hashes[0][0] != '\0' &&
	    CRYPTO_memcmp(hashes[0], hashes[1], KEY_HASH_SIZE) == 0;
}

/* Returns "user:password"; NULL if the request has none. */
static const char *
basic_credentials(const struct req *req)
{
	static const char scheme[] = "Basic ";
	const char *value;
	size_t count;

	value = http_header(req, "authorization", &count);
	if (count != 1 || strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	value += sizeof(scheme) - 1;
	return decode(req->arena, value + strspn(value, " "));
}

int
basic_read(const struct req *req, const char **user, const char **password)
{
	const char *given = basic_credentials(req), *colon;

	if (http_header(req, "authorization", NULL) == NULL)
		return 0;
	if (given == NULL || (colon = strchr(given, ':')) == NULL)
		return -1;
	*user = arena_copy(req->arena, given, (size_t)(colon - given));
	*password = colon + 1;
	return 1;
}

bool
basic_has_key(const struct req *req)
{
	const char *given = basic_credentials(req);
	char *masked;

	if (given == NULL)
		return false;
	masked = arena_strdup(req->arena, given);
	mask_credentials(req->services->auth, req->arena, masked);
	return strcmp(masked, given) != 0;
}

bool
basic_matches(const struct req *req, const char *user, const char *password)
{
	const char *given = basic_credentials(req);

	return given != NULL && secret_equals(given,
	    arena_printf(req->arena, "%s:%s", user, password));
}
