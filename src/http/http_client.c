/* SPDX-License-Identifier: ISC */
/* HTTP client: fetches small files by HTTPS and posts JSON, with libcurl. */
#include <curl/curl.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/http_client.h"

#define UNIX_PREFIX "unix:"

/* A response that is being received. */
struct response {
	struct buf *out;
	size_t room;		/* bytes that may still be added */
	bool too_large;
};

void
http_client_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t
response_add(char *data, size_t size, size_t n, void *ctx)
{
	struct response *response = ctx;

	n *= size;
	if (n > response->room) {
		response->too_large = true;
		return 0;
	}
	buf_add(response->out, data, n);
	response->room -= n;
	return n;
}

/* Sets the options that all requests share: short timeouts, and no proxy from
 * the environment. */
static void
set_up(CURL *curl, const char *protocols, const char *proxy)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_PROXY, proxy);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)HTTP_CLIENT_CONNECT_MS);
	curl_easy_setopt(
	    curl, CURLOPT_TIMEOUT_MS, (long)HTTP_CLIENT_TIMEOUT_MS);
	/* Otherwise cleanup waits for a name server that does not respond. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "creel");
}

static void
set_up_get(CURL *curl, const struct http_client_options *o, const char *url,
    struct response *response)
{
	set_up(curl, "https", o->proxy);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, response_add);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
	if (*o->roots != '\0') {
		curl_easy_setopt(curl, CURLOPT_CAINFO, o->roots);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

int
http_client_get(const struct http_client_options *o, const char *url,
    struct buf *out, struct err *err)
{
	struct response response = { out, o->size_max, false };
	char reason[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;
	CURL *curl;

	if ((curl = curl_easy_init()) == NULL)
		return err_set(err, ERR_UNAVAILABLE, "libcurl: no memory");
	set_up_get(curl, o, url, &response);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	if (response.too_large)
		return err_set(err, ERR_TOO_LARGE,
		    "%s: larger than %zu bytes", url, o->size_max);
	if (code != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", url,
		    *reason != '\0' ? reason : curl_easy_strerror(code));
	if (status == 200)
		return 0;
	return err_set(err, status >= 400 && status < 500 && status != 408 &&
	    status != 429 ? ERR_NOT_FOUND : ERR_UNAVAILABLE,
	    "%s: status %ld", url, status);
}

/* -- posting */

struct http_client_poster {
	CURL *curl;
	struct curl_slist *headers;
	char *socket;		/* path; NULL: connects to the URL's host */
	char *url;		/* without trailing slashes */
};

static size_t
response_ignore(char *data, size_t size, size_t n, void *ctx)
{
	(void)data;
	(void)ctx;
	return size * n;
}

static bool
begins(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Splits "unix:/socket:/path" into the socket's path and a URL; the URL's host
 * is not used. */
static void
split_unix(struct http_client_poster *p, const char *url)
{
	struct buf out;
	const char *path;

	p->socket = mem_strdup(url + strlen(UNIX_PREFIX));
	path = p->socket + strcspn(p->socket, ":");
	buf_init(&out);
	buf_addstr(&out, "http://localhost");
	if (*path == ':')
		buf_addstr(&out, path + 1);
	p->socket[path - p->socket] = '\0';
	p->url = buf_detach(&out);
}

/* Checks the beginning and forbidden characters; libcurl checks the rest. */
static bool
is_url(const char *url)
{
	const char *path;

	if (begins(url, UNIX_PREFIX)) {
		path = strchr(url + strlen(UNIX_PREFIX), ':');
		return url[strlen(UNIX_PREFIX)] == '/' &&
		    (path == NULL || path[1] == '/');
	}
	return (begins(url, "http://") || begins(url, "https://")) &&
	    strpbrk(url, "?#@") == NULL;
}

static void
set_up_post(struct http_client_poster *p)
{
	set_up(p->curl, "http,https", "");
	p->headers = curl_slist_append(NULL, "Content-Type: application/json");
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->headers);
	curl_easy_setopt(p->curl, CURLOPT_UNIX_SOCKET_PATH, p->socket);
	curl_easy_setopt(p->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, response_ignore);
}

int
http_client_poster_open(const char *url, struct http_client_poster **out,
    struct err *err)
{
	struct http_client_poster *p;
	size_t n;

	if (!is_url(url))
		return err_set(err, ERR_CONFIG, "%s: must be "
		    "\"http://host/path\" or \"unix:/socket:/path\"", url);
	p = mem_alloc(sizeof(*p));
	if (begins(url, UNIX_PREFIX))
		split_unix(p, url);
	else
		p->url = mem_strdup(url);
	for (n = strlen(p->url); n > 0 && p->url[n - 1] == '/'; n--)
		p->url[n - 1] = '\0';
	*out = p;
	if ((p->curl = curl_easy_init()) == NULL) {
		http_client_poster_close(out);
		return err_set(err, ERR_INTERNAL, "libcurl: no memory");
	}
	set_up_post(p);
	return 0;
}

void
http_client_poster_close(struct http_client_poster **poster)
{
	struct http_client_poster *p = *poster;

	if (p == NULL)
		return;
	curl_easy_cleanup(p->curl);
	curl_slist_free_all(p->headers);
	free(p->socket);
	free(p->url);
	free(p);
	*poster = NULL;
}

int
http_client_post(struct http_client_poster *p, const char *name,
    const char *json, struct err *err)
{
	char reason[CURL_ERROR_SIZE] = "";
	struct buf url;
	long status = 0;
	CURLcode code;

	buf_init(&url);
	buf_printf(&url, "%s/%s", p->url, name);
	curl_easy_setopt(p->curl, CURLOPT_URL, url.data);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, json);
	curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, reason);
	code = curl_easy_perform(p->curl);
	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, NULL);
	buf_release(&url);
	if (code != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE, "%s",
		    *reason != '\0' ? reason : curl_easy_strerror(code));
	if (status < 200 || status > 299)
		return err_set(err, ERR_UNAVAILABLE, "status %ld", status);
	return 0;
}
