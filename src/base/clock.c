#include <ctype.h>
#include <time.h>

#include "base/clock.h"

int64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void
clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

int
clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
	const struct timespec at = { until / 1000, until % 1000 * 1000000 };

	return pthread_cond_timedwait(cond, lock, &at);
}

/* Whether s has a pattern's form: 0 stands for a digit, the rest for itself.
 * Gives where s goes on, or NULL. */
static const char *
form_match(const char *s, const char *form)
{
	for (; *form != '\0'; form++, s++)
		if (*form == '0' ? !isdigit((unsigned char)*s) : *s != *form)
			return NULL;
	return s;
}

bool
clock_is_date_time(const char *s)
{
	if ((s = form_match(s, "0000-00-00T00:00:00")) == NULL)
		return false;
	if (*s == '.' && isdigit((unsigned char)s[1]))
		for (s++; isdigit((unsigned char)*s); s++)
			continue;
	if (*s == 'Z')
		return s[1] == '\0';
	if (*s != '+' && *s != '-')
		return false;
	s = form_match(s + 1, "00:00");
	return s != NULL && *s == '\0';
}
