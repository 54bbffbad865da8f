/* SPDX-License-Identifier: ISC */
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
	    "the same for the session that hears of changes; empty: database"),
	CONNINFO(admin_database, "",
	    "the same for the owner, whom creelctl works as; empty: database"),
	TEXT(worker_role, "creel_worker",
	    "role that creelctl migrate makes and grants rights to"),
	BOOLEAN(prepared_statements, "yes",
	    "no: behind PgBouncer in transaction mode"),
	INTEGER(database_timeout, "2000", 100, 60000,
	    "milliseconds after which a statement is given up"),
	INTEGER(cache_entries, "100000", 0, 10000000,
	    "keys, hooks and tokens that are kept in memory; 0: none"),
	INTEGER(cache_ttl, "30", 1, 3600,
	    "seconds after which what is kept is looked up again"),
	INTEGER(token_cache, "300", 0, 86400,
	    "seconds for which a token's signature is not verified again"),
	INTEGER(lookup_rate, "1000", 1, 1000000,
	    "look-ups a second of keys and hooks that are not known"),
	INTEGER(threads, "8", 1, 256,
	    "threads, each with a database connection of its own"),
	INTEGER(max_connections, "4096", 1, 100000,
	    "connections of the web server that are open at once"),
	INTEGER(read_timeout, "60", 1, 3600,
	    "seconds in which a request must have come in"),
	INTEGER(write_timeout, "60", 1, 3600,
	    "seconds in which its answer must have gone out"),
	INTEGER(idle_timeout, "300", 1, 86400,
	    "seconds that a kept connection may stay without a request"),
	INTEGER(stop_timeout, "30", 1, 3600,
	    "seconds to finish the requests in hand after SIGTERM"),
	TARGET(log, "stderr", "stderr, syslog or the absolute path of a file"),
	WORD(log_level, "info", "error warn info debug",
	    "the least important level that is logged"),
	TEXT(public_url, "",
	    "what our addresses begin with; empty: as the request has it"),
	SIZE(pixon_body_limit, "1m", 1, 64 << 20,
	    "largest body of a call to a data source"),
	SIZE(losant_body_limit, "256k", 1, 64 << 20,
	    "largest body of a call to a webhook"),
	SIZE(losant_reply_limit, "1m", 1, 64 << 20,
	    "largest reply to such a call, as JSON"),
	SIZE(quixy_body_limit, "256k", 1, 64 << 20,
	    "largest body of a call to a form"),
	SIZE(wallboard_body_limit, "64k", 1, 64 << 20,
	    "largest body of a call to an action"),
	SIZE(wallboard_query_limit, "8k", 1, 64 << 10,
	    "longest query of such a call"),
	PUBLIC(wallboard_origin, "",
	    "origin whose pages may call actions, or *; empty: none"),
	TEXT(user_issuer, "",
	    "issuer that signs the tokens of users; empty: they get none"),
	TEXT(key_file, "",
	    "file with the keys that seal API keys; empty: they are not"),
	INTEGER(writers, "3", 1, 64,
	    "threads that commit events, each with a connection of its own"),
	INTEGER(queue_events, "4096", 1, 1000000,
	    "events that wait for their commit at once"),
	SIZE(queue_bytes, "64m", 1 << 20, INT64_C(1) << 34,
	    "bytes of bodies that wait at once"),
	INTEGER(losant_rate, "100", 0, 1000000,
	    "calls to a webhook in ten seconds; 0: any number"),
	TEXT(alexa_certificates, "",
	    "directory with the certificate chains that Alexa signs with"),
	BOOLEAN(alexa_fetch, "no",
	    "yes: those that are not there are fetched from Amazon"),
	PUBLIC(alexa_proxy, "",
	    "http://host:port of a proxy to fetch through; empty: none"),
	TEXT(alexa_roots, "",
	    "PEM file of the roots to trust for that; empty: the system's"),
	INTEGER(waiting, "1000", 0, 1000000,
	    "calls and readers that are held at once"),
	INTEGER(waiting_application, "250", 0, 1000000,
	    "of these, how many may be of one application"),
	PUBLIC(push_url, "",
	    "publishers of the web servers' push modules; empty: no push"),
	TEXT(idempotency_headers,
	    "Idempotency-Key webhook-id X-GitHub-Delivery",
	    "headers by which a sender names a call; the first one counts"),
	TEXT(metrics_allow, "127.0.0.1 ::1",
	    "addresses that may read /metrics; empty: none"),
	TEXT(metrics_dir, "",
	    "directory where workers share what they count; empty: do not"),
	INTEGER(partition_days, "1", 1, 366,
	    "days of events in a partition of the log"),
	INTEGER(partitions_ahead, "7", 1, 3660,
	    "days ahead for which creelctl maintain makes partitions"),
	INTEGER(retention_days, "0", 0, 36600,
	    "days after which events are dropped; 0: never"),
	{ NULL, CONF_TEXT, 0, NULL, 0, 0, NULL, 0, NULL }
};

#undef AT
#define AT(name) offsetof(struct conf_issuer, name)
#define NEEDED(name, help) \
	{ #name, CONF_TEXT, AT(name), "", 0, 0, NULL, CONF_NEEDED, help }

const struct conf_option conf_issuer_options[] = {
	NEEDED(issuer, "exact value of the claim iss"),
	NEEDED(audience, "value that the claim aud must contain"),
	CHOICE(algorithm, "", "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 "
	    "PS512 ES256 ES384 ES512 EdDSA",
	    "the one algorithm of key, secret_file and keys that name none"),
	TEXT(key, "", "PEM file with the issuer's public key"),
	TEXT(secret_file, "", "file with the secret of HS256, HS384, HS512"),
	TEXT(jwks, "", "file with a JWK set"),
	TEXT(key_id, "", "kid that tokens signed with key must name"),
	TEXT(signing_key, "",
	    "private key (PEM) or secret that creelctl token signs with"),
	TEXT(types, "JWT at+jwt -",
	    "values of typ that are accepted; - stands for none"),
	TEXT(applications_claim, "applications",
	    "claim that names the application or applications"),
	TEXT(organization_claim, "organization",
	    "claim that names the organization"),
	TEXT(scopes_claim, "scope", "claim that names the scopes"),
	INTEGER(leeway, "30", 0, 60,
	    "seconds by which the issuer's clock may differ"),
	{ NULL, CONF_TEXT, 0, NULL, 0, 0, NULL, 0, NULL }
};
