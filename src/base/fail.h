/* SPDX-License-Identifier: ISC */
/*
 * Errors.  A function that can fail returns -1 and fills the struct err that is
 * its last argument; on success it does not change it.  Only the outermost
 * layer (dispatch, a command's main) turns an err into a response or logs it.
 */
#ifndef CREEL_BASE_FAIL_H
#define CREEL_BASE_FAIL_H

enum err_code {
	ERR_NONE,
#define ERR(name, status, type, exit) ERR_##name,
#include "base/fail.def"
#undef ERR
	ERR__COUNT
};

#define ERR_TEXT_SIZE 512

struct err {
	enum err_code code;
	char text[ERR_TEXT_SIZE];	/* shown to the client: no secrets */
};

/* Fills err (truncated to ERR_TEXT_SIZE) and returns -1, so that a caller can
 * return the result. */
int err_set(struct err *, enum err_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Prepends "fmt: " to the text, keeps the code and returns -1. */
int err_prefix(struct err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

int err_status(enum err_code);		/* the HTTP status */
const char *err_type(enum err_code);	/* "NotFound" */
int err_exit(enum err_code);		/* for exit(3), from sysexits.h */

#endif
