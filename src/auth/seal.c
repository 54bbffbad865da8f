/* SPDX-License-Identifier: ISC */
/* Sealing: encrypts secrets that may be shown again, with keys from a file. */
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/seal.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/ids.h"
#include "base/mem.h"
#include "db/array.h"

#define VERSION 1
#define HEAD_SIZE (1 + SEAL_ID_SIZE)
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define OVERHEAD (HEAD_SIZE + NONCE_SIZE + TAG_SIZE)
#define OWNER_SIZE (2 * ID_OBJECT_SIZE)
#define KEY_BYTES 32

struct seal_key {
	unsigned char id[SEAL_ID_SIZE];
	unsigned char bytes[KEY_BYTES];
};

struct seal {
	size_t n;
	struct seal_key keys[SEAL_KEYS_MAX];
};

/* Returns the reason why a file must not hold keys; NULL if it may. */
static const char *
file_problem(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return "must be accessible to its owner only: chmod 600";
	return NULL;
}

/* Reads a file, and terminates it; text has room for SEAL_FILE_MAX + 1. */
static int
file_read(const char *path, char *text, struct err *err)
{
	const char *problem;
	size_t len = 0;
	struct stat st;
	ssize_t n = 0;
	int fd, rc = -1;

	/* Opening a FIFO would block without O_NONBLOCK. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
		goto out;
	}
	if ((problem = file_problem(&st)) != NULL) {
		err_set(err, ERR_CONFIG, "%s: %s", path, problem);
		goto out;
	}
	while (len <= SEAL_FILE_MAX &&
	    (n = read(fd, text + len, SEAL_FILE_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
	else if (len > SEAL_FILE_MAX)
		err_set(err, ERR_CONFIG, "%s: the file is too large", path);
	else if (memchr(text, '\0', len) != NULL)
		err_set(err, ERR_CONFIG, "%s: not a text file", path);
	else
		rc = 0;
	text[rc == 0 ? len : 0] = '\0';
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

static const struct seal_key *
key_find(const struct seal *seal, const unsigned char *id)
{
	size_t i;

	for (i = 0; i < seal->n; i++)
		if (memcmp(seal->keys[i].id, id, SEAL_ID_SIZE) == 0)
			return &seal->keys[i];
	return NULL;
}

/* Reads the n hex digits of a key. */
static bool
key_read(const char *s, size_t n, struct seal_key *out)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	int high, low;
	size_t i;

	if (n != 2 * KEY_BYTES)
		return false;
	for (i = 0; i < KEY_BYTES; i++) {
		high = hex_value(s[2 * i]);
		low = hex_value(s[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out->bytes[i] = (unsigned char)(high << 4 | low);
	}
	if (EVP_Digest(out->bytes, KEY_BYTES, hash, NULL, EVP_sha256(),
	    NULL) != 1)
		return false;
	memcpy(out->id, hash, SEAL_ID_SIZE);
	return true;
}

/* Adds the key of a line.  Returns the problem of the line, or NULL. */
static const char *
line_read(struct seal *seal, const char *line, size_t len)
{
	const char *end = line + len, *p = line;
	size_t n;

	p += strspn(p, " \t\r");
	n = strcspn(p, " \t\r\n#");
	line = p;
	p += n + strspn(p + n, " \t\r");
	if (p < end && *p != '#')
		return "unexpected text after the key";
	if (n == 0)
		return NULL;
	if (seal->n == SEAL_KEYS_MAX)
		return "too many keys";
	if (!key_read(line, n, &seal->keys[seal->n]))
		return "a key must be 64 hex digits";
	if (key_find(seal, seal->keys[seal->n].id) != NULL)
		return "duplicate key";
	seal->n++;
	return NULL;
}

static int
keys_read(struct seal *seal, const char *path, const char *text,
    struct err *err)
{
	const char *problem;
	size_t n;
	int line;

	for (line = 1; *text != '\0'; line++) {
		n = strcspn(text, "\n");
		if ((problem = line_read(seal, text, n)) != NULL)
			return err_set(err, ERR_CONFIG, "%s:%d: %s", path,
			    line, problem);
		text += n + (text[n] == '\n');
	}
	return seal->n > 0 ? 0 : err_set(err, ERR_CONFIG,
	    "%s: no key in the file", path);
}

int
seal_load(const char *path, struct seal **out, struct err *err)
{
	char text[SEAL_FILE_MAX + 1] = "";
	struct seal *seal;
	int rc;

	*out = NULL;
	if (path == NULL || *path == '\0')
		return 0;
	seal = mem_alloc(sizeof(*seal));
	rc = file_read(path, text, err);
	if (rc == 0)
		rc = keys_read(seal, path, text, err);
	OPENSSL_cleanse(text, sizeof(text));
	if (rc < 0) {
		seal_free(&seal);
		return err_prefix(err, "key_file");
	}
	*out = seal;
	return 0;
}

void
seal_free(struct seal **seal)
{
	if (*seal == NULL)
		return;
	OPENSSL_cleanse(*seal, sizeof(**seal));
	free(*seal);
	*seal = NULL;
}

const char *
seal_ids(const struct seal *seal, struct arena *arena)
{
	char hex[SEAL_KEYS_MAX][2 * SEAL_ID_SIZE + 1];
	const char *ids[SEAL_KEYS_MAX];
	size_t n = seal == NULL ? 0 : seal->n, i;

	for (i = 0; i < n; i++) {
		*hex_put(hex[i], seal->keys[i].id, SEAL_ID_SIZE) = '\0';
		ids[i] = hex[i];
	}
	return array_texts(arena, ids, n);
}

/* Prepares ctx for sealing or opening. */
static bool
cipher_begin(EVP_CIPHER_CTX *ctx, const struct seal_key *key,
    const struct seal_owner *owner, const unsigned char *sealed, int sealing)
{
	char row[OWNER_SIZE];
	int n, skipped;

	n = snprintf(row, sizeof(row), "%s/%s", owner->application,
	    owner->id);
	return n > 0 && (size_t)n < sizeof(row) && ctx != NULL &&
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes,
	    sealed + HEAD_SIZE, sealing) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &skipped, sealed, HEAD_SIZE) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &skipped,
	    (const unsigned char *)row, n) == 1;
}

int
seal_close(const struct seal *seal, const struct seal_owner *owner,
    const char *secret, struct sealed *out, struct err *err)
{
	unsigned char *text = out->bytes + HEAD_SIZE + NONCE_SIZE;
	size_t len = strlen(secret);
	EVP_CIPHER_CTX *ctx;
	int n = 0, rest = 0;
	bool done;

	out->len = 0;
	if (seal == NULL)
		return 0;
	if (len == 0 || len >= SEAL_SECRET_SIZE)
		return err_set(err, ERR_INTERNAL,
		    "cannot seal a secret of %zu bytes", len);
	out->bytes[0] = VERSION;
	memcpy(out->bytes + 1, seal->keys[0].id, SEAL_ID_SIZE);
	id_random(out->bytes + HEAD_SIZE, NONCE_SIZE);
	ctx = EVP_CIPHER_CTX_new();
	done = cipher_begin(ctx, &seal->keys[0], owner, out->bytes, 1) &&
	    EVP_CipherUpdate(ctx, text, &n, (const unsigned char *)secret,
	    (int)len) == 1 &&
	    EVP_CipherFinal_ex(ctx, text + n, &rest) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE,
	    text + len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!done)
		return err_set(err, ERR_INTERNAL, "OpenSSL: sealing failed");
	out->len = len + OVERHEAD;
	return 0;
}

static bool
cipher_open(const struct seal_key *key, const struct seal_owner *owner,
    const unsigned char *sealed, size_t len, char *out)
{
	const unsigned char *text = sealed + HEAD_SIZE + NONCE_SIZE;
	unsigned char tag[TAG_SIZE];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;
	bool done;

	/* OpenSSL only reads the tag, but its type is not const. */
	memcpy(tag, text + len, TAG_SIZE);
	done = cipher_begin(ctx, key, owner, sealed, 0) &&
	    EVP_CipherUpdate(ctx, (unsigned char *)out, &n, text,
	    (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE,
	    tag) == 1 &&
	    EVP_CipherFinal_ex(ctx, (unsigned char *)out + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

int
seal_open(const struct seal *seal, const struct seal_owner *owner,
    const void *sealed, size_t len, char out[SEAL_SECRET_SIZE],
    struct err *err)
{
	const unsigned char *bytes = sealed;
	const struct seal_key *key;

	if (len <= OVERHEAD || len > SEAL_SIZE || bytes[0] != VERSION)
		return err_set(err, ERR_INTERNAL,
		    "the sealed secret has an unknown format");
	if ((key = key_find(seal, bytes + 1)) == NULL)
		return err_set(err, ERR_CONFLICT, "it was sealed with a key "
		    "that is no longer in key_file");
	len -= OVERHEAD;
	if (!cipher_open(key, owner, bytes, len, out)) {
		OPENSSL_cleanse(out, SEAL_SECRET_SIZE);
		return err_set(err, ERR_INTERNAL,
		    "the sealed secret is damaged or from another row");
	}
	out[len] = '\0';
	return 0;
}

bool
seal_is_current(const struct seal *seal, const void *sealed, size_t len)
{
	const unsigned char *bytes = sealed;

	return len > OVERHEAD && bytes[0] == VERSION &&
	    memcmp(bytes + 1, seal->keys[0].id, SEAL_ID_SIZE) == 0;
}
