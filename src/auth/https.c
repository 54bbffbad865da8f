#include <curl/curl.h>

#include <stdbool.h>

#include "auth/https.h"

/* An answer as it comes in. */
struct answer {
	struct buf *out;
	size_t room;
	bool too_large;
};

void
https_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t
answer_add(char *data, size_t size, size_t n, void *ctx)
{
	struct answer *answer = ctx;

	n *= size;
	if (n > answer->room) {
		answer->too_large = true;
		return 0;
	}
	buf_add(answer->out, data, n);
	answer->room -= n;
	return n;
}

/* Nothing but HTTPS, nothing from the environment, and soon. */
static void
set_up(CURL *curl, const struct https_options *o, const char *url,
    struct answer *answer)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_PROXY, o->proxy);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)HTTPS_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)HTTPS_TIMEOUT_MS);
	/* A name server that does not answer would be waited for at the end. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "creel");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_add);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (*o->roots != '\0') {
		curl_easy_setopt(curl, CURLOPT_CAINFO, o->roots);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

int
https_get(const struct https_options *o, const char *url, struct buf *out,
    struct err *err)
{
	struct answer answer = { out, o->size_max, false };
	char reason[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;
	CURL *curl;

	if ((curl = curl_easy_init()) == NULL)
		return err_set(err, ERR_UNAVAILABLE, "libcurl: no memory");
	set_up(curl, o, url, &answer);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	if (answer.too_large)
		return err_set(err, ERR_TOO_LARGE,
		    "%s: more than %zu bytes", url, o->size_max);
	if (code != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", url,
		    *reason != '\0' ? reason : curl_easy_strerror(code));
	if (status == 200)
		return 0;
	return err_set(err, status >= 400 && status < 500 && status != 408 &&
	    status != 429 ? ERR_NOT_FOUND : ERR_UNAVAILABLE,
	    "%s: status %ld", url, status);
}
