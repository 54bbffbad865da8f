/* The time for deadlines: it never jumps, whoever sets the host's clock.  And
 * how moments are written. */
#ifndef CREEL_BASE_CLOCK_H
#define CREEL_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

int64_t clock_ms(void);		/* milliseconds since some moment */

/* A condition that can be waited for until clock_ms() gives a time. */
void clock_cond_init(pthread_cond_t *);
/* As pthread_cond_timedwait(3): 0 or ETIMEDOUT. */
int clock_cond_wait(pthread_cond_t *, pthread_mutex_t *, int64_t until);

/* Whether s has the form of a date and time with its zone (RFC 3339, section
 * 5.6, in capitals).  PostgreSQL tells whether there is such a moment. */
bool clock_is_date_time(const char *s);

#endif
