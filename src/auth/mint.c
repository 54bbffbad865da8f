/* SPDX-License-Identifier: ISC */
/* Minting: builds and signs Creel's own tokens, and checks that they verify. */
#include <jwt.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_jwt.h"
#include "auth/jwks.h"
#include "auth/jws.h"
#include "auth/mint.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/jsn_write.h"

static void
put_applications(struct buf *json, const char *name,
    const char *const *applications)
{
	jsn_write_array(json, name);
	for (; *applications != NULL; applications++)
		jsn_write_string(json, NULL, *applications);
	jsn_write_end(json, ']');
}

static void
put_claims(struct buf *json, const struct conf_issuer *issuer,
    const struct mint *m)
{
	char id[ID_UUID_SIZE];

	id_guid(id);
	jsn_write_object(json, NULL);
	jsn_write_string(json, "iss", issuer->issuer);
	jsn_write_string(json, "aud", issuer->audience);
	jsn_write_string(json, "sub", m->subject);
	jsn_write_string(json, "jti", id);
	jsn_write_integer(json, "iat", m->issued);
	jsn_write_integer(json, "nbf", m->issued);
	jsn_write_integer(json, "exp", m->issued + m->lifetime);
	jsn_write_string(json, issuer->scopes_claim, m->scopes);
	put_applications(json, issuer->applications_claim, m->applications);
	if (m->organization != NULL)
		jsn_write_string(json, issuer->organization_claim,
		    m->organization);
	if (m->user != NULL) {
		jsn_write_string(json, "client_id", m->user->client);
		jsn_write_string(json, "key", m->user->key);
		if (m->user->form != NULL)
			jsn_write_string(json, "form", m->user->form);
	}
	jsn_write_end(json, '}');
}

static int
alg_find(const struct conf_issuer *issuer, jwt_alg_t *out, struct err *err)
{
	static const jwt_alg_t algs[] = {
		JWT_ALG_HS256, JWT_ALG_HS384, JWT_ALG_HS512,
		JWT_ALG_RS256, JWT_ALG_RS384, JWT_ALG_RS512,
		JWT_ALG_ES256, JWT_ALG_ES384, JWT_ALG_ES512
	};
	size_t i;

	for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (strcmp(jwt_alg_str(algs[i]), issuer->algorithm) == 0) {
			*out = algs[i];
			return 0;
		}
	return err_set(err, ERR_CONFIG,
	    "algorithm: must be HS*, RS* or ES* to sign tokens, not \"%s\"",
	    issuer->algorithm);
}

/* Reads an HS* secret in the same way as the verifier. */
static int
key_read(const struct conf_issuer *issuer, struct buf *key, struct err *err)
{
	return strncmp(issuer->algorithm, "HS", 2) == 0 ?
	    jwk_read_secret(issuer->signing_key, key, err) :
	    jwk_read_file(issuer->signing_key, key, err);
}

static int
token_sign(const struct conf_issuer *issuer, const char *claims,
    const struct buf *key, jwt_alg_t alg, char **out, struct err *err)
{
	jwt_t *jwt = NULL;
	int rc = -1;

	*out = NULL;
	errno = 0;
	if (jwt_new(&jwt) == 0 && jwt_add_grants_json(jwt, claims) == 0 &&
	    (*issuer->key_id == '\0' ||
	    jwt_add_header(jwt, "kid", issuer->key_id) == 0) &&
	    jwt_set_alg(jwt, alg, (const unsigned char *)key->data,
	    (int)key->len) == 0)
		*out = jwt_encode_str(jwt);
	if (*out != NULL)
		rc = 0;
	else
		err_set(err, ERR_CONFIG, "%s: cannot sign with this key as %s",
		    issuer->signing_key, issuer->algorithm);
	jwt_free(jwt);
	return rc;
}

/* libjwt always sets typ to JWT, but that of an access token is at+jwt
 * (RFC 9068 section 2.1). */
static int
access_sign(const struct conf_issuer *issuer, const char *claims,
    const struct buf *key, char **out, struct err *err)
{
	struct buf header;
	int rc;

	buf_init(&header);
	jsn_write_object(&header, NULL);
	jsn_write_string(&header, "typ", "at+jwt");
	jsn_write_string(&header, "alg", issuer->algorithm);
	if (*issuer->key_id != '\0')
		jsn_write_string(&header, "kid", issuer->key_id);
	jsn_write_end(&header, '}');
	rc = jws_sign(issuer->algorithm, key, header.data, claims, out);
	if (rc < 0)
		err_set(err, ERR_CONFIG, "%s: cannot sign with this key as %s",
		    issuer->signing_key, issuer->algorithm);
	buf_release(&header);
	return rc;
}

/* Verifies the new token with Creel's own checks: libjwt accepts weak keys and
 * keys on the wrong curve, and the signing key may not belong to the issuer's
 * public key. */
static int
token_check(const struct conf_issuer *issuer, const struct mint *m,
    const char *token, struct err *err)
{
	struct conf_issuer alone = *issuer;
	struct conf conf = { .path = alone.name, .issuers = &alone };
	struct jwt_issuers *issuers = NULL;
	struct arena arena = ARENA_INIT;
	struct jwt_claims claims;
	int rc;

	alone.next = NULL;
	if (jwt_issuers_load(&conf, &issuers, err) < 0)
		return -1;
	rc = jwt_verify(issuers, token, m->issued, &arena, &claims, err);
	if (rc < 0) {
		err->code = ERR_CONFIG;
		err_prefix(err, "[issuer %s]: its own token would be rejected",
		    issuer->name);
	}
	jwt_issuers_free(&issuers);
	arena_release(&arena);
	return rc;
}

int
mint_token(const struct conf_issuer *issuer, const struct mint *m, char **out,
    struct err *err)
{
	struct buf claims, key;
	jwt_alg_t alg = JWT_ALG_NONE;
	char *token = NULL;
	int rc = -1;

	buf_init(&claims);
	buf_init(&key);
	if (*issuer->signing_key == '\0') {
		err_set(err, ERR_CONFIG, "[issuer %s]: signing_key is missing",
		    issuer->name);
		goto out;
	}
	if (alg_find(issuer, &alg, err) < 0 || key_read(issuer, &key, err) < 0)
		goto out;
	put_claims(&claims, issuer, m);
	if ((m->user != NULL ?
	    access_sign(issuer, claims.data, &key, &token, err) :
	    token_sign(issuer, claims.data, &key, alg, &token, err)) < 0 ||
	    token_check(issuer, m, token, err) < 0)
		goto out;
	*out = token;
	token = NULL;
	rc = 0;
out:
	free(token);
	explicit_bzero(key.data, key.len);
	buf_release(&key);
	buf_release(&claims);
	return rc;
}
