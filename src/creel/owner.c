/* SPDX-License-Identifier: ISC */
/* The owner of a request, for its share of memory and threads. */
#include "auth/auth.h"
#include "base/network.h"
#include "creel/owner.h"
#include "hook/hook.h"
#include "http/body.h"

const char *
owner_of(const struct req *req)
{
	const char *application = req->application;
	char *network;

	if (req->hook != NULL)
		application = req->hook->application;
	/* The keys of an application are one owner, not one each. */
	if (application == NULL && req->principal != NULL)
		application = auth_application(req->principal, req->arena);
	if (application != NULL)
		return application;
	if (req->principal != NULL)
		return req->principal->name;
	network = arena_alloc(req->arena, NETWORK_SIZE);
	network_of(req->remote == NULL ? "" : req->remote, network,
	    NETWORK_SIZE);
	return network;
}

bool
owner_is_brief(const struct req *req)
{
	return req->route == NULL ||
	    (req->hook != NULL && req->body_rule != BODY_NONE);
}
