/* Groups of devices, which actions address by their ids (WIRE 5.4). */
#ifndef CREEL_RESOURCE_DEVICE_GROUP_H
#define CREEL_RESOURCE_DEVICE_GROUP_H

#include "http/route.h"

extern const struct route device_group_routes[];

/* Why devices cannot be in a group, from what creel.group_store() calls wrong;
 * -1 with ERR_BAD_REQUEST. */
int device_group_refused(const char *wrong, struct err *);

#endif
