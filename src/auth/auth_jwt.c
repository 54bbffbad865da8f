/* SPDX-License-Identifier: ISC */
/* JSON Web Tokens: parses them, and verifies signature and claims. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/auth_jwt.h"
#include "auth/jwks.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/jsn.h"
#include "base/mem.h"

#define HEADER_DEPTH_MAX 4
#define EXPIRES_MAX 0x1p53	/* seconds; a later exp counts as this one */

struct issuer {
	const struct conf_issuer *conf;
	struct jwk_set set;
};

struct jwt_issuers {
	struct issuer *rows;
	size_t n;
};

/* The parts of a token. */
enum part { HEADER, PAYLOAD, SIGNATURE, PART__COUNT };

struct token {
	const char *text;
	size_t signed_len;	/* bytes of text that are signed */
	struct {
		unsigned char *data;
		size_t len;
	} parts[PART__COUNT];
	struct jsn *header;
	struct jsn *payload;
	const char *alg;
	const char *kid;	/* NULL: none */
};

static int
issuer_add(struct jwt_issuers *issuers, const struct conf_issuer *conf,
    struct err *err)
{
	struct issuer *row = &issuers->rows[issuers->n];
	size_t i;

	for (i = 0; i < issuers->n; i++)
		if (strcmp(issuers->rows[i].conf->issuer, conf->issuer) == 0)
			return err_set(err, ERR_CONFIG,
			    "issuer: already used by [issuer %s]",
			    issuers->rows[i].conf->name);
	row->conf = conf;
	if (jwks_load(conf, &row->set, err) < 0)
		return -1;
	issuers->n++;
	return 0;
}

int
jwt_issuers_load(const struct conf *conf, struct jwt_issuers **out,
    struct err *err)
{
	struct jwt_issuers *issuers = mem_alloc(sizeof(*issuers));
	const struct conf_issuer *i;
	size_t n = 0;

	for (i = conf->issuers; i != NULL; i = i->next)
		n++;
	issuers->rows = mem_alloc((n + 1) * sizeof(*issuers->rows));
	for (i = conf->issuers; i != NULL; i = i->next)
		if (issuer_add(issuers, i, err) < 0) {
			err_prefix(err, "%s:%d: [issuer %s]", conf->path,
			    i->line, i->name);
			jwt_issuers_free(&issuers);
			return -1;
		}
	*out = issuers;
	return 0;
}

void
jwt_issuers_free(struct jwt_issuers **issuers)
{
	size_t i;

	if (*issuers == NULL)
		return;
	for (i = 0; i < (*issuers)->n; i++)
		jwks_release(&(*issuers)->rows[i].set);
	free((*issuers)->rows);
	free(*issuers);
	*issuers = NULL;
}

void
jwt_each_skipped(const struct jwt_issuers *issuers,
    void (*fn)(const char *text, void *ctx), void *ctx)
{
	const struct jwk_set *set;
	size_t i, j;

	for (i = 0; i < issuers->n; i++) {
		set = &issuers->rows[i].set;
		for (j = 0; j < set->n_skipped; j++)
			fn(set->skipped[j], ctx);
	}
}

static int
reject(struct err *err, const char *reason)
{
	return err_set(err, ERR_UNAUTHORIZED, "%s", reason);
}

static int
token_split(struct token *t, struct arena *arena, struct err *err)
{
	const char *at = t->text, *end;
	ssize_t len;
	int i;

	if (strnlen(at, JWT_SIZE_MAX + 1) > JWT_SIZE_MAX)
		return reject(err, "the token is too long");
	for (i = 0; i < PART__COUNT; i++, at = end + 1) {
		end = at + strcspn(at, ".");
		if (end == at || (*end == '.') != (i < SIGNATURE))
			return reject(err,
			    "the token does not have three parts");
		t->parts[i].data = arena_alloc(arena, (size_t)(end - at));
		len = base64url_decode(at, (size_t)(end - at),
		    t->parts[i].data);
		if (len < 0)
			return reject(err, "a part is not strict base64url");
		t->parts[i].len = (size_t)len;
		if (i == PAYLOAD)
			t->signed_len = (size_t)(end - t->text);
	}
	return 0;
}

static int
object_parse(const struct token *t, enum part part, unsigned depth,
    struct jsn **out, struct err *err)
{
	const char *text = (const char *)t->parts[part].data;
	struct jsn_scan seen;

	if (jsn_scan(text, t->parts[part].len, depth, &seen, err) < 0 ||
	    seen.type != JSN_OBJECT ||
	    jsn_parse(text, t->parts[part].len, out, err) < 0)
		return reject(err, part == HEADER ?
		    "the header is not a strict JSON object" :
		    "the payload is not a strict JSON object");
	return 0;
}

/* Rejects members that change the meaning of others and are not supported.
 * Members that contain or locate a key (jwk, jku, x5u, x5c) are ignored. */
static int
header_parse(struct token *t, struct err *err)
{
	static const char *const unsupported[] = { "crit", "b64", "zip", NULL };
	const struct jsn *kid;
	size_t i;

	if (object_parse(t, HEADER, HEADER_DEPTH_MAX, &t->header, err) < 0)
		return -1;
	for (i = 0; unsupported[i] != NULL; i++)
		if (jsn_get(t->header, unsupported[i]) != NULL)
			return reject(err,
			    "crit, b64 and zip are not supported");
	if ((t->alg = jsn_string(jsn_get(t->header, "alg"))) == NULL)
		return reject(err, "alg is missing or not a string");
	if ((kid = jsn_get(t->header, "kid")) == NULL)
		return 0;
	if ((t->kid = jsn_string(kid)) == NULL ||
	    strlen(t->kid) > JWK_KID_MAX)
		return reject(err, "kid is not a string, or too long");
	return 0;
}

static const struct issuer *
issuer_find(const struct jwt_issuers *issuers, const struct token *t)
{
	const char *iss = jsn_string(jsn_get(t->payload, "iss"));
	size_t i;

	for (i = 0; iss != NULL && i < issuers->n; i++)
		if (strcmp(issuers->rows[i].conf->issuer, iss) == 0)
			return &issuers->rows[i];
	return NULL;
}

/* True if a list of words, separated by spaces, has the word of n
 * characters. */
static bool
words_have(const char *list, const char *word, size_t n)
{
	size_t len;

	for (; *list != '\0'; list += len) {
		list += strspn(list, " \t");
		len = strcspn(list, " \t");
		if (len == n && strncasecmp(list, word, n) == 0)
			return len > 0;
	}
	return false;
}

/* typ is a media type, with or without "application/" (RFC 7515 section 4.1.9).
 * "-" in the list means that typ is missing; it is not a valid typ. */
static bool
type_is_accepted(const struct conf_issuer *conf, const struct token *t)
{
	static const char prefix[] = "application/";
	const struct jsn *typ = jsn_get(t->header, "typ");
	const char *name = jsn_string(typ);

	if (typ == NULL)
		return words_have(conf->types, "-", 1);
	if (name == NULL)
		return false;
	if (strncasecmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	return strcmp(name, "-") != 0 &&
	    words_have(conf->types, name, strlen(name));
}

static bool
key_matches(const struct issuer *issuer, const struct jwk *key,
    const struct token *t)
{
	if (strcmp(jwk_alg_name(key->alg), t->alg) != 0)
		return false;
	if (t->kid == NULL)
		return key->kid == NULL || issuer->set.n == 1;
	return key->kid != NULL && strcmp(key->kid, t->kid) == 0;
}

static int
signature_check(const struct issuer *issuer, const struct token *t,
    struct err *err)
{
	bool matched = false;
	size_t i;

	for (i = 0; i < issuer->set.n; i++) {
		if (!key_matches(issuer, &issuer->set.keys[i], t))
			continue;
		matched = true;
		if (jwk_verify(&issuer->set.keys[i],
		    (const unsigned char *)t->text, t->signed_len,
		    t->parts[SIGNATURE].data, t->parts[SIGNATURE].len))
			return 0;
	}
	return reject(err, matched ? "the signature is wrong" :
	    "the issuer has no key with this kid and alg");
}

/* A NumericDate is any number (RFC 7519 section 2): with a fraction, 0, or
 * negative for a time before 1970. */
static int
times_check(const struct conf_issuer *conf, const struct token *t, time_t now,
    struct err *err)
{
	static const struct {
		const char *name;
		bool ends;	/* valid before this time; required */
		const char *reason;
	} times[] = {
		{ "exp", true, "exp is in the past" },
		{ "nbf", false, "nbf is in the future" },
		{ "iat", false, "iat is in the future" }
	};
	const struct jsn *value;
	double at, leeway = (double)conf->leeway;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		value = jsn_get(t->payload, times[i].name);
		if (value == NULL && !times[i].ends)
			continue;
		if (!jsn_number(value, &at))
			return err_set(err, ERR_UNAUTHORIZED,
			    "%s is missing or invalid", times[i].name);
		if (times[i].ends ? (double)now >= at + leeway :
		    (double)now + leeway < at)
			return reject(err, times[i].reason);
	}
	return 0;
}

/* A claim may be a string or an array of strings: texts_count() returns their
 * number, texts_at() the i-th, or NULL if that is not a string. */
static size_t
texts_count(const struct jsn *claim)
{
	return jsn_type(claim) == JSN_ARRAY ? jsn_length(claim) :
	    jsn_type(claim) == JSN_STRING;
}

static const char *
texts_at(const struct jsn *claim, size_t i)
{
	return jsn_string(jsn_type(claim) == JSN_ARRAY ? jsn_at(claim, i) :
	    claim);
}

static bool
audience_is_ours(const struct conf_issuer *conf, const struct token *t)
{
	const struct jsn *aud = jsn_get(t->payload, "aud");
	const char *text;
	bool ours = false;
	size_t i;

	for (i = 0; i < texts_count(aud); i++) {
		if ((text = texts_at(aud, i)) == NULL)
			return false;
		ours = ours || strcmp(text, conf->audience) == 0;
	}
	return ours;
}

static int
claims_check(const struct conf_issuer *conf, const struct token *t, time_t now,
    struct err *err)
{
	const struct jsn *sub = jsn_get(t->payload, "sub");

	if (times_check(conf, t, now, err) < 0)
		return -1;
	if (!audience_is_ours(conf, t))
		return reject(err, "aud does not contain the audience");
	if (sub != NULL && jsn_string(sub) == NULL)
		return reject(err, "sub is not a string");
	return 0;
}

/* Copies an id in lower case, as in the database; NULL if text is not an id. */
static char *
id_copy(const char *text, struct arena *arena)
{
	char *id, *p;

	if (text == NULL || !id_is_object(text))
		return NULL;
	id = arena_strdup(arena, text);
	for (p = id; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return id;
}

/* Joins the strings of a claim with a separator; skips malformed ids. */
static const char *
texts_join(const struct jsn *claim, bool ids, struct arena *arena)
{
	const char *text, *joined;
	struct buf list;
	size_t i;

	buf_init(&list);
	for (i = 0; i < texts_count(claim); i++) {
		text = texts_at(claim, i);
		if (ids)
			text = id_copy(text, arena);
		if (text == NULL)
			continue;
		if (list.len > 0)
			buf_addch(&list, ids ? ',' : ' ');
		buf_addstr(&list, text);
	}
	joined = arena_printf(arena, ids ? "{%s}" : "%s", list.data);
	buf_release(&list);
	return joined;
}

static const char *
text_copy(const struct jsn *claim, struct arena *arena)
{
	const char *text = jsn_string(claim);

	return text == NULL ? NULL : arena_strdup(arena, text);
}

static void
claims_copy(const struct conf_issuer *conf, const struct token *t,
    struct arena *arena, struct jwt_claims *out)
{
	const struct jsn *p = t->payload;
	const char *sub = jsn_string(jsn_get(p, "sub"));
	double exp = 0;

	jsn_number(jsn_get(p, "exp"), &exp);
	out->issuer = conf;
	out->subject = arena_strdup(arena, sub == NULL ? "" : sub);
	out->scopes = texts_join(jsn_get(p, conf->scopes_claim), false, arena);
	out->applications = texts_join(jsn_get(p, conf->applications_claim),
	    true, arena);
	out->organization = id_copy(
	    jsn_string(jsn_get(p, conf->organization_claim)), arena);
	out->expires = (time_t)(exp < EXPIRES_MAX ? exp : EXPIRES_MAX);
	out->client = text_copy(jsn_get(p, "client_id"), arena);
	out->key = text_copy(jsn_get(p, "key"), arena);
	out->form = id_copy(jsn_string(jsn_get(p, "form")), arena);
}

int
jwt_verify(const struct jwt_issuers *issuers, const char *token, time_t now,
    struct arena *arena, struct jwt_claims *out, struct err *err)
{
	struct token t = { .text = token };
	const struct issuer *issuer;
	int rc = -1;

	if (token_split(&t, arena, err) < 0 || header_parse(&t, err) < 0 ||
	    object_parse(&t, PAYLOAD, JSN_TREE_DEPTH, &t.payload, err) < 0)
		goto out;
	if ((issuer = issuer_find(issuers, &t)) == NULL)
		reject(err, "iss is missing or unknown");
	else if (!type_is_accepted(issuer->conf, &t))
		reject(err, "typ is not accepted from the issuer");
	else if (signature_check(issuer, &t, err) == 0 &&
	    claims_check(issuer->conf, &t, now, err) == 0) {
		claims_copy(issuer->conf, &t, arena, out);
		rc = 0;
	}
out:
	jsn_free(&t.header);
	jsn_free(&t.payload);
	return rc;
}

bool
jwt_names_issuer(const struct jwt_issuers *issuers, const char *payload,
    size_t len, struct arena *arena)
{
	struct token t = { 0 };
	struct err err;
	ssize_t n;
	bool found;

	if (len > JWT_SIZE_MAX)
		return false;
	t.parts[PAYLOAD].data = arena_alloc(arena, len + 1);
	n = base64url_decode(payload, len, t.parts[PAYLOAD].data);
	if (n <= 0)
		return false;
	t.parts[PAYLOAD].len = (size_t)n;
	if (object_parse(&t, PAYLOAD, JSN_TREE_DEPTH, &t.payload, &err) < 0)
		return false;
	found = issuer_find(issuers, &t) != NULL;
	jsn_free(&t.payload);
	return found;
}
