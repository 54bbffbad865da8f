/* SPDX-License-Identifier: ISC */
/* Labels: short names in any script, such as the tags of a device or the event
 * id of an action. */
#ifndef CREEL_HOOK_LABEL_H
#define CREEL_HOOK_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#define LABEL_MAX 64		/* characters */
#define LABEL_SIZE (4 * LABEL_MAX + 1)	/* bytes of the longest, with its NUL */

/* Returns whether len bytes of UTF-8 are a label: 1 to LABEL_MAX characters,
 * none of them a control character (U+0000 to U+001F, U+007F to U+009F). */
bool label_is(const char *s, size_t len);

#endif
