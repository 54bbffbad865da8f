/* SPDX-License-Identifier: ISC */
/* Errors: texts, HTTP statuses, types and exit statuses. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/fail.h"

static const struct {
	int status;
	const char *type;
	int exit;
} errors[ERR__COUNT] = {
	[ERR_NONE] = { 200, "", EX_OK },
#define ERR(name, status, type, exit) [ERR_##name] = { status, type, exit },
#include "base/fail.def"
#undef ERR
};

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	/* Uses a copy because an argument may point into err->text. */
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	err->code = code;
	memcpy(err->text, text, strlen(text) + 1);
	return -1;
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	char prefix[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(prefix, sizeof(prefix), fmt, ap) < 0)
		prefix[0] = '\0';
	va_end(ap);
	return err_set(err, err->code, "%s: %s", prefix, err->text);
}

int
err_status(enum err_code code)
{
	return errors[code].status;
}

const char *
err_type(enum err_code code)
{
	return errors[code].type;
}

int
err_exit(enum err_code code)
{
	return errors[code].exit;
}
