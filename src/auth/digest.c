/* SPDX-License-Identifier: ISC */
/* Computes SHA-256 hashes with OpenSSL. */
#include <openssl/evp.h>

#include <pthread.h>

#include "auth/digest.h"
#include "base/hex.h"

static EVP_MD *sha256;

/* Fetched only once: a fetch takes OpenSSL as long as a hash. */
static void
sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

bool
digest_parts(const struct digest_part *parts, size_t n,
    unsigned char out[DIGEST_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done;
	size_t i;

	pthread_once(&once, sha256_fetch);
	done = ctx != NULL && EVP_DigestInit_ex(ctx, sha256 != NULL ? sha256 :
	    EVP_sha256(), NULL) == 1;
	for (i = 0; i < n && done; i++)
		done = parts[i].len == 0 ||
		    EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
	done = done && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return done;
}

void
digest_hex(const unsigned char hash[DIGEST_SIZE], char out[DIGEST_HEX_SIZE])
{
	*hex_put(out, hash, DIGEST_SIZE) = '\0';
}
