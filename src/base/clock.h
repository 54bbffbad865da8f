/* SPDX-License-Identifier: ISC */
/* Monotonic time for deadlines: setting the host's clock does not change it. */
#ifndef CREEL_BASE_CLOCK_H
#define CREEL_BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>

int64_t clock_ms(void);		/* milliseconds since an arbitrary start */

/* Initializes a condition variable for clock_cond_wait(). */
void clock_cond_init(pthread_cond_t *);
/* Waits until clock_ms() reaches until.  Returns 0 or ETIMEDOUT, as
 * pthread_cond_timedwait(3). */
int clock_cond_wait(pthread_cond_t *, pthread_mutex_t *, int64_t until);

#endif
