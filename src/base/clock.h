/* SPDX-License-Identifier: ISC */
/* The time for deadlines: it never jumps, whoever sets the host's clock. */
#ifndef CREEL_BASE_CLOCK_H
#define CREEL_BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>

int64_t clock_ms(void);		/* milliseconds since some moment */

/* A condition that can be waited for until clock_ms() gives a time. */
void clock_cond_init(pthread_cond_t *);
/* As pthread_cond_timedwait(3): 0 or ETIMEDOUT. */
int clock_cond_wait(pthread_cond_t *, pthread_mutex_t *, int64_t until);

#endif
