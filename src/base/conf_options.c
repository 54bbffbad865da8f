/* SPDX-License-Identifier: ISC */
/* The options of creel.conf: name, default, range and help text. */
#include "base/conf.h"
#include "base/conf_options.h"

#define AT(name) offsetof(struct conf, name)
#define TEXT(name, value, help) \
	{ #name, CONF_TEXT, AT(name), value, 0, 0, NULL, 0, help }
#define PUBLIC(name, value, help) \
	{ #name, CONF_TEXT, AT(name), value, 0, 0, NULL, CONF_PUBLIC, help }
#define CONNINFO(name, value, help) \
	{ #name, CONF_CONNINFO, AT(name), value, 0, 0, NULL, 0, help }
#define CHOICE(name, value, words, help) \
	{ #name, CONF_TEXT, AT(name), value, 0, 0, words, 0, help }
#define TARGET(name, value, help) \
	{ #name, CONF_TARGET, AT(name), value, 0, 0, NULL, 0, help }
#define INTEGER(name, value, min, max, help) \
	{ #name, CONF_INTEGER, AT(name), value, min, max, NULL, 0, help }
#define SIZE(name, value, min, max, help) \
	{ #name, CONF_SIZE, AT(name), value, min, max, NULL, 0, help }
#define BOOLEAN(name, value, help) \
	{ #name, CONF_BOOLEAN, AT(name), value, 0, 0, NULL, 0, help }
#define WORD(name, value, words, help) \
	{ #name, CONF_WORD, AT(name), value, 0, 0, words, 0, help }

const struct conf_option conf_creel_options[] = {
	CONNINFO(database, "dbname=creel",
	    "libpq connection string of the workers' role"),
	CONNINFO(listen_database, "",
	    "connection string for LISTEN, past any pooler; empty: database"),
	CONNINFO(admin_database, "",
	    "the owner's connection string, for creelctl; empty: database"),
	TEXT(worker_role, "creel_worker",
	    "role that creelctl migrate creates and grants rights to"),
	BOOLEAN(prepared_statements, "yes",
	    "no behind PgBouncer in transaction mode"),
	INTEGER(database_timeout, "2000", 100, 60000,
	    "milliseconds after which a statement times out"),
	INTEGER(cache_entries, "100000", 0, 10000000,
	    "maximum keys, hooks and tokens in the cache; 0: no cache"),
	INTEGER(cache_ttl, "30", 1, 3600,
	    "seconds until a cache entry expires"),
	INTEGER(token_cache, "300", 0, 86400,
	    "seconds for which a verified token signature is cached"),
	INTEGER(lookup_rate, "1000", 1, 1000000,
	    "maximum lookups per second of unknown keys and hooks"),
	INTEGER(lookup_rate_network, "50", 1, 1000000,
	    "maximum of these lookups for a network of clients"),
	INTEGER(workers, "2", 1, 10000,
	    "number of workers of all hosts, for creelctl check"),
	INTEGER(threads, "8", 1, 256,
	    "number of threads, each with its own database connection"),
	INTEGER(max_connections, "4096", 1, 100000,
	    "maximum open connections from the web server"),
	SIZE(buffer_bytes, "64m", 1 << 20, INT64_C(1) << 34,
	    "maximum bytes of bodies that arrive and responses that are sent"),
	INTEGER(read_timeout, "60", 1, 3600,
	    "seconds to receive a request"),
	INTEGER(public_read_timeout, "10", 1, 3600,
	    "seconds to receive a request that requires no credential"),
	INTEGER(read_rate, "500", 0, 1000000,
	    "minimum bytes per second of a body, after 10 seconds; 0: any"),
	INTEGER(write_timeout, "60", 1, 3600,
	    "seconds to send a response"),
	INTEGER(idle_timeout, "300", 1, 86400,
	    "seconds until an idle kept connection is closed"),
	INTEGER(stop_timeout, "30", 1, 3600,
	    "seconds to finish running requests after SIGTERM"),
	TARGET(log, "stderr",
	    "log destination: stderr, syslog or an absolute path"),
	WORD(log_level, "info", "error warn info debug",
	    "minimum log level"),
	TEXT(public_url, "",
	    "base URL in responses; empty: taken from the request"),
	SIZE(pixon_body_limit, "1m", 1, 64 << 20,
	    "maximum body of a request to a data source"),
	SIZE(losant_body_limit, "256k", 1, 64 << 20,
	    "maximum body of a request to a webhook"),
	SIZE(losant_reply_limit, "1m", 1, 64 << 20,
	    "maximum reply to such a request, as JSON"),
	SIZE(quixy_body_limit, "256k", 1, 64 << 20,
	    "maximum body of a request to a form"),
	SIZE(wallboard_body_limit, "64k", 1, 64 << 20,
	    "maximum body of a request to an action"),
	SIZE(wallboard_query_limit, "8k", 1, 64 << 10,
	    "maximum query string of a request to an action"),
	PUBLIC(wallboard_origin, "",
	    "origin of web pages that may call actions, or *; empty: none"),
	TEXT(user_issuer, "",
	    "issuer that signs the users' tokens; empty: no tokens"),
	TEXT(key_file, "",
	    "file with the keys that seal API keys; empty: no sealing"),
	INTEGER(writers, "3", 1, 64,
	    "threads that commit events, each with its own connection"),
	INTEGER(queue_events, "4096", 1, 1000000,
	    "maximum events waiting for a commit"),
	SIZE(queue_bytes, "64m", 1 << 20, INT64_C(1) << 34,
	    "maximum bytes of events waiting for a commit"),
	INTEGER(losant_rate, "100", 0, 1000000,
	    "maximum calls to one webhook in 10 seconds; 0: no limit"),
	TEXT(alexa_certificates, "",
	    "directory with Alexa's certificate chains"),
	BOOLEAN(alexa_fetch, "no",
	    "yes to fetch missing chains from Amazon"),
	PUBLIC(alexa_proxy, "",
	    "proxy for that, http://host:port; empty: no proxy"),
	TEXT(alexa_roots, "",
	    "PEM file of trusted roots; empty: the system's"),
	INTEGER(waiting, "1000", 0, 1000000,
	    "maximum requests waiting for a reply or for news"),
	INTEGER(waiting_application, "250", 0, 1000000,
	    "maximum of these for one application"),
	PUBLIC(push_url, "",
	    "publish URLs of the web servers' push modules; empty: no push"),
	TEXT(idempotency_headers, "known",
	    "idempotency key headers, by precedence; known: all in the manual"),
	TEXT(metrics_allow, "127.0.0.1 ::1",
	    "addresses that may read /metrics; empty: none"),
	TEXT(metrics_dir, "",
	    "directory for metrics shared by workers; empty: not shared"),
	INTEGER(partition_days, "1", 1, 366,
	    "days of events in a partition"),
	INTEGER(partitions_ahead, "7", 1, 3660,
	    "days ahead for which creelctl maintain creates partitions"),
	INTEGER(retention_days, "0", 0, 36600,
	    "days until events are deleted; 0: never"),
	INTEGER(retention_failed_days, "0", 0, 36600,
	    "days until failed events are; 0: as retention_days"),
	{ NULL, CONF_TEXT, 0, NULL, 0, 0, NULL, 0, NULL }
};

#undef AT
#define AT(name) offsetof(struct conf_issuer, name)
#define NEEDED(name, help) \
	{ #name, CONF_TEXT, AT(name), "", 0, 0, NULL, CONF_NEEDED, help }

const struct conf_option conf_issuer_options[] = {
	NEEDED(issuer, "exact value of the iss claim"),
	NEEDED(audience, "value that the aud claim must contain"),
	CHOICE(algorithm, "", "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 "
	    "PS512 ES256 ES384 ES512 EdDSA",
	    "the only algorithm of key, secret_file and JWKs without alg"),
	TEXT(key, "", "PEM file with the issuer's public key"),
	TEXT(secret_file, "", "file with the HS256, HS384 or HS512 secret"),
	TEXT(jwks, "", "file with a JWK set"),
	TEXT(key_id, "",
	    "required kid of tokens checked with key or secret_file"),
	TEXT(signing_key, "",
	    "private key (PEM) or secret that signs tokens"),
	TEXT(types, "JWT at+jwt -",
	    "accepted values of the typ header; - for none"),
	TEXT(applications_claim, "applications",
	    "claim with the application ID or IDs"),
	TEXT(organization_claim, "organization",
	    "claim with the organization ID"),
	TEXT(scopes_claim, "scope", "claim with the scopes"),
	INTEGER(leeway, "30", 0, 60,
	    "maximum clock difference to the issuer in seconds"),
	{ NULL, CONF_TEXT, 0, NULL, 0, 0, NULL, 0, NULL }
};
