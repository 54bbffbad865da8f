/* SPDX-License-Identifier: ISC */
/* API keys and application tokens: "ck_" and 256 random bits; the database
 * knows their SHA-256. */
#ifndef CREEL_AUTH_AUTH_KEY_H
#define CREEL_AUTH_AUTH_KEY_H

#include "auth/auth.h"
#include "http/http.h"

#define KEY_SIZE 47		/* "ck_", 43 characters and the NUL */
#define KEY_PREFIX_SIZE 9	/* what is kept to recognise it: "ck_AbCdE" */
#define KEY_HASH_SIZE 65	/* SHA-256 in hex */

/* A key that is new, and what the database gets of it. */
struct key {
	char text[KEY_SIZE];
	char hash[KEY_HASH_SIZE];
	char prefix[KEY_PREFIX_SIZE];
};

void key_new(struct key *);
void key_hash(const char *key, char out[KEY_HASH_SIZE]);
/* Whether s has the form of a key; says nothing of whether it is one. */
bool key_is(const char *s);
/* Puts AUTH_REDACTED, which is shorter, in the place of all that has this form
 * in s, whatever stands before and behind it. */
void key_mask(char *s);

/* Looks the key up.  -1 with ERR_UNAUTHORIZED (unknown, disabled, expired),
 * ERR_FORBIDDEN (of a user without Integration Access) or ERR_UNAVAILABLE. */
int key_identify(struct req *, const char *key, struct principal *out,
    struct err *);
/* The same for the key with this hash. */
int key_find(struct req *, const char *hash, struct principal *out,
    struct err *);

#endif
