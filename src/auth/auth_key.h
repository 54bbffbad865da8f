/* SPDX-License-Identifier: ISC */
/* API keys and application tokens: "ck_" and 256 random bits; the database
 * stores their SHA-256. */
#ifndef CREEL_AUTH_AUTH_KEY_H
#define CREEL_AUTH_AUTH_KEY_H

#include "auth/auth.h"
#include "http/http.h"

#define KEY_PREFIX "ck_"
#define KEY_SIZE 47		/* "ck_", 43 characters and the NUL */
#define KEY_PREFIX_SIZE 9	/* stored to recognise a key: "ck_AbCdE" */
#define KEY_HASH_SIZE 65	/* SHA-256 in hex */

/* A new key, with the hash and prefix for the database. */
struct key {
	char text[KEY_SIZE];
	char hash[KEY_HASH_SIZE];
	char prefix[KEY_PREFIX_SIZE];
};

/* The scopes of all users and devices, as the statements store them. */
#define KEY_USER_SCOPES "form.post event.get"
#define KEY_DEVICE_SCOPES "commands.get receipts.post datasource.get"

/* Creates a random key for a credential with these scopes; -1 as
 * grant_check(). */
int key_new(const struct principal *granter, const char *scopes, struct key *,
    struct err *);
/* Sets out to the SHA-256 of a key in lower-case hex; "" on failure. */
void key_hash(const char *key, char out[KEY_HASH_SIZE]);
/* Returns whether s has the form of a key; the key need not exist. */
bool key_is(const char *s);

/* Looks up a key and fills out.  -1 with ERR_UNAUTHORIZED (unknown, disabled,
 * expired), ERR_FORBIDDEN (a user without Integration Access) or
 * ERR_UNAVAILABLE. */
int key_identify(struct req *, const char *key, struct principal *out,
    struct err *);
/* The same for the key with this hash. */
int key_find(struct req *, const char *hash, struct principal *out,
    struct err *);

#endif
