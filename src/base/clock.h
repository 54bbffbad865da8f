/* The time for deadlines: it never jumps, whoever sets the host's clock. */
#ifndef CREEL_BASE_CLOCK_H
#define CREEL_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);		/* milliseconds since some moment */

#endif
