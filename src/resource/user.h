/* SPDX-License-Identifier: ISC */
/*
 * The REST resource of users: people and systems that send to an application's
 * forms, each with an e-mail address and a Secret Key (wire/quixy 4.1,
 * "Token").  An organization decides which users have Integration Access, and
 * their scopes.
 */
#ifndef CREEL_RESOURCE_USER_H
#define CREEL_RESOURCE_USER_H

#include "base/fail.h"
#include "http/route.h"

extern const struct route user_routes[];

/* -1 with ERR_BAD_REQUEST unless s can be a user's e-mail address. */
int user_email_check(const char *s, struct err *);

#endif
