/* SPDX-License-Identifier: ISC */
/* Alexa: verifies URL, timestamps and signature of a request. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth/alexa.h"
#include "base/jsn_walk.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "http/http_client.h"

#define HOST "s3.amazonaws.com"
#define FOLDER "/echo.api/"
#define SIGNATURE_MAX 2048	/* characters: RSA of 12288 bits */

struct alexa {
	struct http_client_options web;
	struct alexa_keys *keys;
};

static int
chain_get(const void *ctx, const char *path, struct buf *out, struct err *err)
{
	char url[sizeof("https://" HOST) + ALEXA_PATH_SIZE] = "https://" HOST;

	memcpy(url + strlen(url), path, strlen(path) + 1);
	return http_client_get(ctx, url, out, err);
}

int
alexa_open(const struct conf *conf, struct alexa **out, struct err *err)
{
	struct alexa_source source = {
		.directory = conf->alexa_certificates,
		.roots = conf->alexa_roots
	};
	struct alexa *alexa;

	*out = NULL;
	if (*source.directory == '\0' && !conf->alexa_fetch)
		return 0;
	alexa = mem_alloc(sizeof(*alexa));
	alexa->web = (struct http_client_options){ .roots = conf->alexa_roots,
	    .proxy = conf->alexa_proxy, .size_max = ALEXA_PEM_MAX };
	if (conf->alexa_fetch) {
		http_client_init();
		source.fetch = chain_get;
		source.ctx = &alexa->web;
	}
	if (alexa_keys_open(&source, &alexa->keys, err) < 0) {
		free(alexa);
		return -1;
	}
	*out = alexa;
	return 0;
}

void
alexa_free(struct alexa **alexa)
{
	if (*alexa == NULL)
		return;
	alexa_keys_free(&(*alexa)->keys);
	free(*alexa);
	*alexa = NULL;
}

/* -- the URL */

/* Adds a segment to the path at out; "." is skipped, ".." removes the last one
 * (RFC 3986 section 5.2.4).  False if the segment is not an acceptable name. */
static bool
segment_add(char out[ALEXA_PATH_SIZE], const char *s, size_t n)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t len = strlen(out);

	if (n == 0 || strspn(s, chars) < n || len + n + 2 > ALEXA_PATH_SIZE)
		return false;
	if (n == 1 && *s == '.')
		return true;
	if (n == 2 && memcmp(s, "..", 2) == 0) {
		if (len > 0)
			*strrchr(out, '/') = '\0';
		return true;
	}
	/* Hidden files are not acceptable. */
	if (*s == '.')
		return false;
	out[len] = '/';
	memcpy(out + len + 1, s, n);
	out[len + 1 + n] = '\0';
	return true;
}

bool
alexa_url_path(const char *url, char out[ALEXA_PATH_SIZE])
{
	static const char origin[] = "https://" HOST, port[] = ":443";
	const char *p = url + sizeof(origin) - 1;
	size_t n;

	*out = '\0';
	if (strncasecmp(url, origin, sizeof(origin) - 1) != 0)
		return false;
	if (strncmp(p, port, sizeof(port) - 1) == 0)
		p += sizeof(port) - 1;
	while (*p == '/') {
		n = strcspn(++p, "/");
		if (!segment_add(out, p, n))
			return false;
		p += n;
	}
	/* A path that ends with a dot segment is a folder. */
	return *p == '\0' && p[-1] != '.' &&
	    strncmp(out, FOLDER, sizeof(FOLDER) - 1) == 0;
}

/* -- the time */

static int
check_time(const char *text, int64_t now, const char *where, struct err *err)
{
	int64_t t;

	if (text == NULL || !timestamp_seconds(text, strlen(text), &t))
		return err_set(err, ERR_BAD_REQUEST,
		    "the timestamp of the %s is missing or invalid", where);
	if (t < now - ALEXA_SKEW_S || t > now + ALEXA_SKEW_S)
		return err_set(err, ERR_BAD_REQUEST, "the timestamp of the %s "
		    "is more than %d seconds from now", where, ALEXA_SKEW_S);
	return 0;
}

/* Returns request.timestamp; NULL if it is missing or the body is not JSON. */
static const char *
body_time(const struct req *req)
{
	struct jsn_slice request, time;
	struct jsn_chars chars;
	struct jsn_scan scan;
	struct buf scratch;
	struct err ignored;
	const char *copy;

	if (jsn_scan(req->body, req->body_len, JSN_DEPTH_MAX, &scan,
	    &ignored) < 0 ||
	    jsn_find(req->body, req->body_len, "request", &request) != 1 ||
	    jsn_find(request.text, request.len, "timestamp", &time) != 1 ||
	    time.type != JSN_STRING)
		return NULL;
	buf_init(&scratch);
	chars = jsn_chars(&time, &scratch);
	copy = arena_copy(req->arena, chars.text, chars.len);
	buf_release(&scratch);
	return strlen(copy) == chars.len ? copy : NULL;
}

/* -- the signature */

/* True if s is n characters of base64; *bytes is the length when decoded. */
static bool
is_base64(const char *s, size_t n, size_t *bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t plain = strspn(s, digits), pads = strspn(s + plain, "=");

	*bytes = n / 4 * 3 - pads;
	return n > 0 && n % 4 == 0 && pads <= 2 && plain + pads == n;
}

static int
check_signature(EVP_PKEY *key, const EVP_MD *md, const struct req *req,
    const char *text, struct err *err)
{
	unsigned char signature[SIGNATURE_MAX / 4 * 3 + 1];
	size_t len = strlen(text), bytes;
	EVP_MD_CTX *ctx;
	bool valid;

	is_base64(text, len, &bytes);
	EVP_DecodeBlock(signature, (const unsigned char *)text, (int)len);
	ctx = EVP_MD_CTX_new();
	valid = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature, bytes,
	    (const unsigned char *)req->raw, req->raw_len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!valid)
		return err_set(err, ERR_BAD_REQUEST,
		    "the signature does not match the body");
	return 0;
}

/* -- the request */

enum header_index {
	CHAIN_URL,
	SIGNATURE,
	SIGNATURE_256,
	TIMESTAMP,
	HEADER__COUNT
};

/* Sets missing headers to NULL.  Rejects commas: none of the headers has one,
 * and some servers use it to join headers that were sent twice. */
static int
read_headers(const struct req *req, const char *out[HEADER__COUNT],
    struct err *err)
{
	static const char *const names[HEADER__COUNT] = {
		[CHAIN_URL] = "signaturecertchainurl",
		[SIGNATURE] = "signature",
		[SIGNATURE_256] = "signature-256",
		[TIMESTAMP] = "timestamp"
	};
	size_t i, count;

	for (i = 0; i < HEADER__COUNT; i++) {
		out[i] = http_header(req, names[i], &count);
		if (out[i] != NULL && (count > 1 ||
		    strchr(out[i], ',') != NULL))
			return err_set(err, ERR_BAD_REQUEST,
			    "the header %s was sent twice", names[i]);
	}
	return 0;
}

/* Runs the checks that need no certificate. */
static int
check_request(const struct req *req, const char *const headers[HEADER__COUNT],
    const char *signature, int64_t now, struct err *err)
{
	size_t bytes;

	if (signature == NULL || strlen(signature) > SIGNATURE_MAX ||
	    !is_base64(signature, strlen(signature), &bytes))
		return err_set(err, ERR_BAD_REQUEST,
		    "the header Signature-256 or Signature is missing or not "
		    "base64");
	if (headers[TIMESTAMP] != NULL &&
	    check_time(headers[TIMESTAMP], now, "header", err) < 0)
		return -1;
	return check_time(body_time(req), now, "body", err);
}

int
alexa_verify(struct alexa *alexa, const struct req *req, int64_t now,
    struct err *err)
{
	const char *headers[HEADER__COUNT], *signature;
	char path[ALEXA_PATH_SIZE];
	EVP_PKEY *key;
	bool sha256;
	int rc;

	if (read_headers(req, headers, err) < 0)
		return -1;
	sha256 = headers[SIGNATURE_256] != NULL;
	signature = headers[sha256 ? SIGNATURE_256 : SIGNATURE];
	if (headers[CHAIN_URL] == NULL ||
	    !alexa_url_path(headers[CHAIN_URL], path))
		return err_set(err, ERR_BAD_REQUEST,
		    "the header SignatureCertChainUrl is missing or not a URL "
		    "of Alexa's certificates");
	if (check_request(req, headers, signature, now, err) < 0)
		return -1;
	if (alexa == NULL)
		return err_set(err, ERR_CONFIG,
		    "neither alexa_certificates nor alexa_fetch is set");
	if (alexa_keys_find(alexa->keys, path, now, &key, err) < 0)
		return -1;
	rc = check_signature(key, sha256 ? EVP_sha256() : EVP_sha1(), req,
	    signature, err);
	EVP_PKEY_free(key);
	return rc;
}
