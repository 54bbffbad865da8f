/* The dialect of Creel's own resources: Losant's {"type", "message"}. */
#ifndef CREEL_RESOURCE_DIALECT_H
#define CREEL_RESOURCE_DIALECT_H

#include "http/route.h"

extern const struct dialect dialect_creel;

#endif
