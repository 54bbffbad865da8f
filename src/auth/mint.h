/* Creel's own tokens, for creelctl: the only user of libjwt. */
#ifndef CREEL_AUTH_MINT_H
#define CREEL_AUTH_MINT_H

#include <stddef.h>
#include <time.h>

#include "base/conf.h"
#include "base/fail.h"

struct mint {
	const char *subject;
	const char *scopes;		/* names, a space between */
	const char *const *applications;	/* ids, ended by NULL */
	const char *organization;	/* an id, or NULL */
	time_t issued;
	time_t lifetime;		/* seconds */
};

/* Signs a token with the issuer's signing_key and algorithm; the caller frees
 * *out with free(3).  -1 with ERR_CONFIG (no signing_key, a key that libjwt
 * cannot use: PS* and EdDSA among them). */
int mint_token(const struct conf_issuer *, const struct mint *, char **out,
    struct err *);

#endif
