/* SPDX-License-Identifier: ISC */
/* Reads creel.conf and the environment, and prints the options in force. */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/conf_options.h"
#include "base/mem.h"
#include "base/word.h"

#define DUMP_WIDTH 150		/* characters: inih reads lines of 200 */

/* The parser's state; inih passes no line numbers to its callbacks. */
struct parser {
	FILE *file;
	const char *path;
	int line;
	bool continued;		/* the line begins with a blank */
	bool long_line;
	struct conf *conf;
	const struct conf_option *options;	/* of the section */
	void *base;			/* the struct that holds their values */
	struct conf_issuer **tail;
	uint64_t seen;			/* options given in the section */
	uint64_t creel_seen;
	conf_check_fn *conninfo;
	struct err *err;
	int rc;
};

static bool
is_text(const struct conf_option *o)
{
	return o->type == CONF_TEXT || o->type == CONF_CONNINFO ||
	    o->type == CONF_TARGET;
}

static char **
text_at(void *base, const struct conf_option *o)
{
	return (char **)(void *)((char *)base + o->offset);
}

static int64_t *
integer_at(void *base, const struct conf_option *o)
{
	return (int64_t *)(void *)((char *)base + o->offset);
}

static bool *
boolean_at(void *base, const struct conf_option *o)
{
	return (bool *)((char *)base + o->offset);
}

/* Returns the index of a word in a space-separated list, or -1.  Ignores
 * case. */
static int
word_index(const char *words, const char *word)
{
	size_t n;
	int i;

	for (i = 0; *words != '\0'; i++) {
		n = strcspn(words, " ");
		if (word_is(words, n, word))
			return i;
		words += n;
		words += strspn(words, " ");
	}
	return -1;
}

static int
integer_parse(const struct conf_option *o, const char *value, int64_t *out)
{
	char *end;
	int shift = 0;
	long long n;

	errno = 0;
	n = strtoll(value, &end, 10);
	if (end == value || errno != 0 || !isdigit((unsigned char)*value))
		return -1;
	if (o->type == CONF_SIZE && *end != '\0') {
		shift = tolower((unsigned char)*end) == 'k' ? 10 :
		    tolower((unsigned char)*end) == 'm' ? 20 : 0;
		end += shift != 0;
	}
	if (*end != '\0' || n > o->max >> shift || n << shift < o->min)
		return -1;
	*out = n << shift;
	return 0;
}

/* Checks a text against the limits of an option. */
static int
text_check(const struct conf_option *o, const char *value,
    conf_check_fn *conninfo, struct err *err)
{
	if (o->type == CONF_CONNINFO && conninfo != NULL)
		return conninfo(value, err);
	if (o->type == CONF_TARGET && *value != '/' &&
	    word_index("stderr syslog", value) < 0)
		return err_set(err, ERR_CONFIG,
		    "must be stderr, syslog or an absolute path");
	if ((o->flags & CONF_PUBLIC) && strchr(value, '@') != NULL)
		return err_set(err, ERR_CONFIG,
		    "must not contain a user or a password");
	if (o->words != NULL && *value != '\0' &&
	    word_index(o->words, value) < 0)
		return err_set(err, ERR_CONFIG, "must be one of: %s",
		    o->words);
	return 0;
}

static int
option_set(const struct conf_option *o, void *base, const char *value,
    conf_check_fn *conninfo, struct err *err)
{
	int i;

	switch (o->type) {
	case CONF_TEXT:
	case CONF_CONNINFO:
	case CONF_TARGET:
		if (text_check(o, value, conninfo, err) < 0)
			return err_prefix(err, "%s", o->name);
		free(*text_at(base, o));
		*text_at(base, o) = mem_strdup(value);
		return 0;
	case CONF_INTEGER:
	case CONF_SIZE:
		if (integer_parse(o, value, integer_at(base, o)) == 0)
			return 0;
		return err_set(err, ERR_CONFIG,
		    "%s: must be %s between %lld and %lld", o->name,
		    o->type == CONF_SIZE ? "a size in bytes (or with k or m)" :
		    "an integer", (long long)o->min, (long long)o->max);
	case CONF_BOOLEAN:
		if ((i = word_index("no yes off on false true", value)) < 0)
			return err_set(err, ERR_CONFIG,
			    "%s: must be yes or no", o->name);
		*boolean_at(base, o) = i % 2 == 1;
		return 0;
	case CONF_WORD:
		if ((i = word_index(o->words, value)) < 0)
			return err_set(err, ERR_CONFIG,
			    "%s: must be one of: %s", o->name, o->words);
		*integer_at(base, o) = i;
		return 0;
	}
	return err_set(err, ERR_INTERNAL, "%s: no such type", o->name);
}

static void
options_default(const struct conf_option *o, void *base)
{
	struct err err;

	for (; o->name != NULL; o++)
		option_set(o, base, o->value, NULL, &err);
}

static void
options_free(const struct conf_option *o, void *base)
{
	for (; o->name != NULL; o++)
		if (is_text(o))
			free(*text_at(base, o));
}

static int
options_complete(const struct conf_option *o, void *base, const char *section,
    struct err *err)
{
	for (; o->name != NULL; o++)
		if ((o->flags & CONF_NEEDED) && **text_at(base, o) == '\0')
			return err_set(err, ERR_CONFIG, "[%s]: %s is required",
			    section, o->name);
	return 0;
}

static struct conf_issuer *
issuer_find(const struct conf *conf, const char *name)
{
	struct conf_issuer *i = conf->issuers;

	while (i != NULL && strcmp(i->name, name) != 0)
		i = i->next;
	return i;
}

/* Selects the section's options.  inih passes the section's name with each
 * option, so a new issuer is created when its first option is read. */
static int
section_enter(struct parser *p, const char *section)
{
	static const char prefix[] = "issuer ";
	struct conf_issuer *issuer;
	const char *name;

	if (strcmp(section, "creel") == 0) {
		p->options = conf_creel_options;
		p->base = p->conf;
		return 0;
	}
	if (*section == '\0')
		return err_set(p->err, ERR_CONFIG,
		    "an option before [creel] or [issuer NAME]");
	if (strncmp(section, prefix, sizeof(prefix) - 1) != 0)
		return err_set(p->err, ERR_CONFIG, "[%s]: no such section; "
		    "must be [creel] or [issuer NAME]", section);
	name = section + sizeof(prefix) - 1;
	p->options = conf_issuer_options;
	issuer = issuer_find(p->conf, name);
	if (issuer != NULL && issuer != p->base)
		return err_set(p->err, ERR_CONFIG,
		    "[%s]: duplicate section", section);
	if (issuer == NULL) {
		issuer = mem_alloc(sizeof(*issuer));
		issuer->name = mem_strdup(name);
		issuer->line = p->line;
		options_default(conf_issuer_options, issuer);
		*p->tail = issuer;
		p->tail = &issuer->next;
		p->seen = 0;
	}
	p->base = issuer;
	return 0;
}

static const struct conf_option *
option_find(const struct conf_option *options, const char *name, size_t len)
{
	const struct conf_option *o;

	for (o = options; o->name != NULL; o++)
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* Appends a continuation line, which begins with a blank, to the option before
 * it.  Rejects an indented option, which would become part of that value. */
static int
option_continue(struct parser *p, const struct conf_option *o, const char *line)
{
	size_t len = strcspn(line, " \t=");
	struct buf buf;
	char *joined;
	int rc;

	if (line[len + strspn(line + len, " \t")] == '=' &&
	    option_find(p->options, line, len) != NULL)
		return err_set(p->err, ERR_CONFIG,
		    "%.*s: must not be indented", (int)len, line);
	if (!is_text(o))
		return err_set(p->err, ERR_CONFIG, "%s: must be one line",
		    o->name);
	buf_init(&buf);
	buf_printf(&buf, "%s %s", *text_at(p->base, o), line);
	joined = buf_detach(&buf);
	rc = option_set(o, p->base, joined, p->conninfo, p->err);
	free(joined);
	return rc;
}

static int
option_parse(struct parser *p, const char *section, const char *name,
    const char *value)
{
	const struct conf_option *o;
	uint64_t *seen, bit;

	if (section_enter(p, section) < 0)
		return -1;
	if ((o = option_find(p->options, name, strlen(name))) == NULL)
		return err_set(p->err, ERR_CONFIG, "%s: no such option in [%s]",
		    name, section);
	seen = p->options == conf_creel_options ? &p->creel_seen : &p->seen;
	bit = UINT64_C(1) << (o - p->options);
	if ((*seen & bit) && p->continued)
		return option_continue(p, o, value);
	if (*seen & bit)
		return err_set(p->err, ERR_CONFIG, "%s: duplicate option",
		    name);
	*seen |= bit;
	return option_set(o, p->base, value, p->conninfo, p->err);
}

/* Implements inih's ini_handler: returns non-zero to continue. */
static int
handle(void *ctx, const char *section, const char *name, const char *value)
{
	struct parser *p = ctx;

	if (p->rc < 0)
		return 1;
	if (option_parse(p, section, name, value) < 0)
		p->rc = err_prefix(p->err, "%s:%d", p->path, p->line);
	return 1;
}

/* Implements inih's ini_reader, like fgets(3): counts lines and rejects those
 * that inih would truncate silently. */
static char *
read_line(char *line, int size, void *ctx)
{
	struct parser *p = ctx;
	bool rest = p->long_line;
	size_t len;

	if (fgets(line, size, p->file) == NULL)
		return NULL;
	len = strlen(line);
	if (!rest) {
		p->line++;
		p->continued = line[0] == ' ' || line[0] == '\t';
	}
	p->long_line = len > 0 && line[len - 1] != '\n' && !feof(p->file);
	if (rest || p->long_line) {
		if (p->rc == 0)
			err_set(p->err, ERR_CONFIG, "%s:%d: line too long; "
			    "continue it on the next line, which must begin "
			    "with a blank", p->path, p->line);
		p->rc = -1;
	}
	return line;
}

static int
file_parse(struct conf *conf, bool needed, conf_check_fn *conninfo,
    struct err *err)
{
	const char *path = conf->path;
	struct parser p = { .path = path, .conf = conf,
	    .conninfo = conninfo, .err = err };
	int line;

	p.tail = &conf->issuers;
	if ((p.file = fopen(path, "re")) == NULL) {
		if (errno == ENOENT && !needed)
			return 0;
		return err_set(err, ERR_CONFIG, "%s: %s", path,
		    strerror(errno));
	}
	line = ini_parse_stream(read_line, &p, handle, &p);
	if (p.rc == 0 && ferror(p.file))
		p.rc = err_set(err, ERR_CONFIG, "%s: cannot be read", path);
	fclose(p.file);
	if (p.rc == 0 && line != 0)
		p.rc = err_set(err, ERR_CONFIG, "%s:%d: must be a section, "
		    "\"name = value\" or a comment", path, line);
	return p.rc;
}

/* Writes an option's environment variable: CREEL_ and the name in capitals. */
static void
environment_name(const struct conf_option *o, char *name, size_t size)
{
	snprintf(name, size, "CREEL_%s", o->name);
	for (; *name != '\0'; name++)
		*name = (char)toupper((unsigned char)*name);
}

/* Rejects CREEL_ variables that are not options: they are misspelled. */
static int
environment_check(struct err *err)
{
	const struct conf_option *o;
	char *const *entry, name[64];
	size_t len;

	for (entry = environ; *entry != NULL; entry++) {
		len = strcspn(*entry, "=");
		if (strncmp(*entry, "CREEL_", 6) != 0 ||
		    (len == 10 && strncmp(*entry, "CREEL_CONF", len) == 0))
			continue;
		for (o = conf_creel_options; o->name != NULL; o++) {
			environment_name(o, name, sizeof(name));
			if (strlen(name) == len &&
			    strncmp(*entry, name, len) == 0)
				break;
		}
		if (o->name == NULL)
			return err_set(err, ERR_CONFIG,
			    "environment, %.*s: no such option", (int)len,
			    *entry);
	}
	return 0;
}

static int
environment_parse(struct conf *conf, conf_check_fn *conninfo, struct err *err)
{
	const struct conf_option *o;
	char name[64];
	const char *value;

	for (o = conf_creel_options; o->name != NULL; o++) {
		environment_name(o, name, sizeof(name));
		if ((value = getenv(name)) != NULL &&
		    option_set(o, conf, value, conninfo, err) < 0)
			return err_prefix(err, "environment, %s", name);
	}
	return environment_check(err);
}

static int
issuers_complete(const struct conf *conf, struct err *err)
{
	struct conf_issuer *i;
	char section[256];

	for (i = conf->issuers; i != NULL; i = i->next) {
		snprintf(section, sizeof(section), "issuer %s", i->name);
		if (options_complete(conf_issuer_options, i, section, err) < 0)
			return err_prefix(err, "%s:%d", conf->path, i->line);
	}
	return 0;
}

int
conf_load(const char *path, conf_check_fn *conninfo, struct conf **out,
    struct err *err)
{
	struct conf *conf = mem_alloc(sizeof(*conf));
	bool needed = true;

	if (path == NULL && (path = getenv("CREEL_CONF")) == NULL) {
		path = CONF_PATH;
		needed = false;
	}
	conf->path = mem_strdup(path);
	options_default(conf_creel_options, conf);
	if (file_parse(conf, needed, conninfo, err) < 0 ||
	    environment_parse(conf, conninfo, err) < 0 ||
	    issuers_complete(conf, err) < 0) {
		conf_free(&conf);
		return -1;
	}
	*out = conf;
	return 0;
}

void
conf_free(struct conf **conf)
{
	struct conf_issuer *i, *next;

	if (*conf == NULL)
		return;
	for (i = (*conf)->issuers; i != NULL; i = next) {
		next = i->next;
		options_free(conf_issuer_options, i);
		free(i->name);
		free(i);
	}
	options_free(conf_creel_options, *conf);
	free((*conf)->path);
	free(*conf);
	*conf = NULL;
}

/* Prints a text; a long one in several lines, because inih limits the length
 * of a line.  No line may begin like a comment, and no blanks may get lost. */
static void
text_dump(const char *text, FILE *f)
{
	size_t n;

	for (; strlen(text) > DUMP_WIDTH; text += n + 1) {
		for (n = DUMP_WIDTH; n > 0; n--)
			if (text[n] == ' ' && text[n - 1] != ' ' &&
			    strchr(" ;#", text[n + 1]) == NULL)
				break;
		if (n == 0)
			break;
		fprintf(f, "%.*s\n\t", (int)n, text);
	}
	fprintf(f, "%s", text);
}

static void
option_dump(const struct conf_option *o, void *base, conf_mask_fn *conninfo,
    FILE *f)
{
	const char *word;
	char *masked;
	int64_t i;

	fprintf(f, "# %s\n%s = ", o->help, o->name);
	switch (o->type) {
	case CONF_TEXT:
	case CONF_TARGET:
		text_dump(*text_at(base, o), f);
		break;
	case CONF_CONNINFO:
		masked = conninfo(*text_at(base, o));
		text_dump(masked, f);
		free(masked);
		break;
	case CONF_INTEGER:
	case CONF_SIZE:
		fprintf(f, "%lld", (long long)*integer_at(base, o));
		break;
	case CONF_BOOLEAN:
		fprintf(f, "%s", *boolean_at(base, o) ? "yes" : "no");
		break;
	case CONF_WORD:
		word = o->words;
		for (i = *integer_at(base, o); i > 0; i--)
			word = strchr(word, ' ') + 1;
		fprintf(f, "%.*s", (int)strcspn(word, " "), word);
		break;
	}
	fputc('\n', f);
}

static void
section_dump(const struct conf_option *o, void *base, conf_mask_fn *conninfo,
    FILE *f)
{
	for (; o->name != NULL; o++)
		option_dump(o, base, conninfo, f);
}

void
conf_dump(const struct conf *conf, conf_mask_fn *conninfo, FILE *f)
{
	struct conf_issuer *i;

	fprintf(f, "[creel]\n");
	/* The tables serve reading and writing, so they take no const. */
	section_dump(conf_creel_options, (void *)(uintptr_t)conf, conninfo, f);
	for (i = conf->issuers; i != NULL; i = i->next) {
		fprintf(f, "\n[issuer %s]\n", i->name);
		section_dump(conf_issuer_options, i, conninfo, f);
	}
}
