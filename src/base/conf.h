/* SPDX-License-Identifier: ISC */
/*
 * The configuration: creel.conf(5), then the environment.  Every option is a
 * row of a table in conf_options.c: name, type, range, default and help; the
 * manual and the sample are checked against it.
 */
#ifndef CREEL_BASE_CONF_H
#define CREEL_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"

/* [issuer NAME]: a trusted token issuer.  Unset texts are "". */
struct conf_issuer {
	char *name;		/* the section's NAME */
	int line;		/* where it begins */
	char *issuer;		/* exact value of iss */
	char *audience;		/* aud must contain it */
	char *algorithm;	/* the one algorithm of key and secret_file */
	char *key;		/* PEM file: a public key */
	char *secret_file;	/* HS*: file with the secret's bytes */
	char *jwks;		/* JWKS file; its keys each name their alg */
	char *key_id;		/* kid of tokens checked with key or secret */
	char *signing_key;	/* PEM or secret that signs tokens */
	char *types;		/* accepted typ values, space-separated */
	char *applications_claim;
	char *organization_claim;
	char *scopes_claim;
	int64_t leeway;		/* seconds */
	struct conf_issuer *next;
};

/* [creel] */
struct conf {
	char *path;		/* of the file that was read */
	char *database;		/* conninfo of the workers' role */
	char *listen_database;	/* conninfo without a pooler */
	char *admin_database;	/* conninfo of the owner, for creelctl */
	char *worker_role;
	bool prepared_statements;
	int64_t database_timeout;	/* milliseconds */
	int64_t cache_entries;		/* 0: no cache */
	int64_t cache_ttl;		/* seconds */
	int64_t token_cache;		/* seconds */
	int64_t lookup_rate;		/* per second */
	int64_t lookup_rate_network;	/* likewise */
	int64_t workers;		/* on all hosts */
	int64_t threads;
	int64_t max_connections;
	int64_t buffer_bytes;
	int64_t read_rate;		/* bytes per second; 0: any */
	int64_t public_read_timeout;	/* seconds, as the next four */
	int64_t read_timeout;
	int64_t write_timeout;
	int64_t idle_timeout;
	int64_t stop_timeout;
	char *log;
	int64_t log_level;		/* enum log_level */
	char *public_url;		/* "https://host", or "" */
	int64_t pixon_body_limit;	/* bytes */
	int64_t losant_body_limit;	/* bytes */
	int64_t losant_reply_limit;	/* bytes, of JSON */
	int64_t quixy_body_limit;	/* bytes */
	int64_t wallboard_body_limit;	/* bytes */
	int64_t wallboard_query_limit;	/* bytes */
	char *wallboard_origin;		/* "*", "https://host", or "" */
	char *user_issuer;		/* name of an issuer, or "" */
	char *key_file;			/* the keys that seal API keys */
	int64_t losant_rate;		/* calls in RATE_WINDOW_MS */
	char *alexa_certificates;	/* directory */
	bool alexa_fetch;
	char *alexa_proxy;		/* "http://host:port" */
	char *alexa_roots;		/* PEM file */
	int64_t waiting;
	int64_t waiting_application;
	int64_t writers;
	int64_t queue_events;
	int64_t queue_bytes;
	char *push_url;			/* URLs, space-separated */
	char *idempotency_headers;	/* names or "known", space-separated */
	char *metrics_allow;		/* addresses, space-separated */
	char *metrics_dir;
	int64_t partition_days;
	int64_t partitions_ahead;
	int64_t retention_days;
	int64_t retention_failed_days;
	struct conf_issuer *issuers;	/* in the file's order */
};

/*
 * Reads path (NULL: CREEL_CONF of the environment, else the built-in default
 * path, which need not exist) and then CREEL_<OPTION> from the environment.
 * conninfo, unless NULL, checks connection strings.  The caller frees *out with
 * conf_free().  Returns -1 with ERR_CONFIG and a text "file:line: ..." if an
 * option is unknown, repeated, missing or invalid.
 */
typedef int conf_check_fn(const char *value, struct err *);
int conf_load(const char *path, conf_check_fn *conninfo, struct conf **out,
    struct err *);
void conf_free(struct conf **);

/* Returns the text to print for a value, without passwords; the caller frees
 * it with free(3). */
typedef char *conf_mask_fn(const char *value);

/* Prints the options in force as a file that conf_load() reads. */
void conf_dump(const struct conf *, conf_mask_fn *conninfo, FILE *);

#endif
