/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes tokens: input that begins with "." is the token that follows; any
 * other input is header, newline and payload, which are then signed, so that
 * the code behind the signature is reached too.  The claims of an accepted
 * token must be valid.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth_jwt.h"
#include "base/buf.h"
#include "fuzz.h"

#define NOW 2000000000
#define LEEWAY 30

static const char secret[] = "0123456789abcdef0123456789abcdef";
static char empty[] = "", path[] = "/tmp/creel-fuzz-XXXXXX";
static struct conf_issuer issuer = {
	.name = empty, .issuer = (char[]){ "i" }, .audience = (char[]){ "a" },
	.algorithm = (char[]){ "HS256" }, .key = empty, .secret_file = path,
	.jwks = empty, .key_id = empty, .signing_key = empty,
	.types = (char[]){ "JWT -" }, .applications_claim = (char[]){ "p" },
	.organization_claim = (char[]){ "o" },
	.scopes_claim = (char[]){ "s" }, .leeway = LEEWAY
};
static struct jwt_issuers *issuers;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct conf conf = { .issuers = &issuer };
	struct err err;
	int fd = mkstemp(path);

	(void)argc;
	(void)argv;
	require(fd >= 0 && write(fd, secret, strlen(secret)) > 0);
	require(jwt_issuers_load(&conf, &issuers, &err) == 0);
	close(fd);
	unlink(path);
	return 0;
}

static void
put_base64url(struct buf *b, const void *p, size_t len)
{
	char *to = buf_reserve(b, len * 2 + 4);
	int n = EVP_EncodeBlock((unsigned char *)to, p, (int)len);

	for (; n > 0 && *to != '='; n--, to++, b->len++)
		*to = *to == '+' ? '-' : *to == '/' ? '_' : *to;
	*to = '\0';
}

static void
put_signed(struct buf *b, const char *text, size_t len)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	const char *end = memchr(text, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - text);
	unsigned mac_len;

	put_base64url(b, text, n);
	buf_addch(b, '.');
	if (end != NULL)
		put_base64url(b, end + 1, len - n - 1);
	HMAC(EVP_sha256(), secret, (int)strlen(secret),
	    (unsigned char *)b->data, b->len, mac, &mac_len);
	buf_addch(b, '.');
	put_base64url(b, mac, mac_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct arena arena = ARENA_INIT;
	struct jwt_claims claims;
	struct err err;
	struct buf b;

	buf_init(&b);
	if (len > 0 && text[0] == '.')
		buf_add(&b, text + 1, len - 1);
	else if (len > 0)
		put_signed(&b, text, len);
	if (jwt_verify(issuers, b.data, NOW, &arena, &claims, &err) == 0) {
		require(strlen(b.data) <= JWT_SIZE_MAX);
		require(claims.issuer == &issuer);
		require(claims.expires > NOW - LEEWAY - 1);
		require(strspn(claims.applications,
		    "{,}0123456789abcdef") == strlen(claims.applications));
		require(claims.organization == NULL ||
		    strlen(claims.organization) == 24);
	} else
		require(err.code == ERR_UNAUTHORIZED && err.text[0] != '\0');
	buf_release(&b);
	arena_release(&arena);
	return 0;
}
