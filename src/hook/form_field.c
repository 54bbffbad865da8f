/* SPDX-License-Identifier: ISC */
/* Parses the definition of a form, and finds its fields by name. */
#include <stdlib.h>
#include <string.h>

#include "base/jsn_walk.h"
#include "base/timestamp.h"
#include "hook/form_field.h"
#include "hook/form_type.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define MIN_LENGTH_MAX 1000	/* limits the size of an example */
#define MAX_LENGTH_DEFAULT 32767
#define MAX_LENGTH_MAX 1000000
#define MAX_ITEMS_DEFAULT 1000
#define MAX_ITEMS_MAX 100000

#define TWICE "must be unique"

struct reader {
	struct arena *arena;
	struct err *err;
	struct form_fields *fields;
	const char *property;	/* being read, of the last field */
	struct buf scratch;
};

static int
wrong_field(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_BAD_REQUEST, "fields[%zu] %s",
	    r->fields->n, what);
}

static int
wrong_property(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_BAD_REQUEST, "fields[%zu].%s %s",
	    r->fields->n, r->property, what);
}

static bool
has_control(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f ||
		    (s[i] == '\xc2' && (unsigned char)s[i + 1] < 0xa0))
			return true;
	return false;
}

/* Reads a name or a choice.  Returns what is wrong with it, or NULL. */
static const char *
read_word(struct reader *r, const struct jsn_slice *value,
    struct form_word *out)
{
	const char *wrong = jsn_unfit(value->text, value->len);
	struct jsn_chars c = jsn_chars(value, &r->scratch);
	size_t points = jsn_points(c.text, c.len);

	if (wrong != NULL)
		return wrong;
	if (points == 0)
		return "has less length than allowed";
	if (points > FORM_NAME_MAX)
		return "has longer length than allowed";
	if (has_control(c.text, c.len))
		return "has a control character";
	out->text = arena_copy(r->arena, c.text, c.len);
	out->len = c.len;
	return NULL;
}

static int
set_name(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	const char *wrong = read_word(r, value, &f->name);

	return wrong == NULL ? 0 : wrong_property(r, wrong);
}

static int
set_type(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	struct jsn_chars c = jsn_chars(value, &r->scratch);

	f->type = form_type_find(c.text, c.len);
	return f->type != NULL ? 0 : wrong_property(r, "must be an enum value");
}

static int
set_required(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	(void)r;
	f->required = *value->text == 't';
	return 0;
}

static int
set_size(struct reader *r, const struct jsn_slice *value, long min, long max,
    size_t *out)
{
	struct decimal d;
	long n;

	if (!decimal_parse(value->text, value->len, &d) ||
	    !decimal_is_whole(&d))
		return wrong_property(r, "is the wrong type");
	if (!decimal_integer(&d, &n))
		n = decimal_sign(&d) < 0 ? -1 : max + 1;
	if (n < min)
		return wrong_property(r, "is less than minimum");
	if (n > max)
		return wrong_property(r, "is more than maximum");
	*out = (size_t)n;
	return 0;
}

static int
set_min_length(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	return set_size(r, value, 0, MIN_LENGTH_MAX, &f->min_length);
}

static int
set_max_length(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	if (set_size(r, value, 1, MAX_LENGTH_MAX, &f->max_length) < 0)
		return -1;
	if (f->max_length < f->min_length)
		return wrong_property(r, "is less than minLength");
	return 0;
}

static int
set_bound(struct reader *r, const struct jsn_slice *value,
    struct form_bound *out)
{
	if (!decimal_parse(value->text, value->len, &out->value))
		return wrong_property(r, "is out of range");
	out->text = value->text;
	out->len = value->len;
	return 0;
}

static int
set_minimum(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	return set_bound(r, value, &f->minimum);
}

static int
set_maximum(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	if (set_bound(r, value, &f->maximum) < 0)
		return -1;
	if (f->minimum.len > 0 &&
	    decimal_compare(&f->minimum.value, &f->maximum.value) > 0)
		return wrong_property(r, "is less than minimum");
	return 0;
}

/* Returns whether there is an integer within the bounds. */
static bool
has_whole(const struct form_field *f)
{
	const struct decimal *low = &f->minimum.value;
	const struct decimal *high = &f->maximum.value;
	struct decimal whole;
	struct buf b;
	bool has;

	if (f->minimum.len == 0 || f->maximum.len == 0 ||
	    decimal_sign(low) * decimal_sign(high) <= 0)
		return true;
	/* Round the bound that is nearer to 0 away from 0. */
	buf_init(&b);
	decimal_put_whole(decimal_sign(low) > 0 ? low : high, &b);
	has = decimal_parse(b.data, b.len, &whole) &&
	    decimal_compare(&whole, low) >= 0 &&
	    decimal_compare(&whole, high) <= 0;
	buf_release(&b);
	return has;
}

static int
set_integer(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	f->integer = *value->text == 't';
	if (f->integer && !has_whole(f))
		return wrong_property(r, "has no number within the limits");
	return 0;
}

static int
set_max_items(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	return set_size(r, value, 0, MAX_ITEMS_MAX, &f->max_items);
}

static int
compare_words(const struct form_word *a, const struct form_word *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->text, b->text, a->len);
}

static int
count_element(const struct jsn_slice *value, void *ctx)
{
	size_t *n = ctx;

	(void)value;
	++*n;
	return 0;
}

/* Returns the number of elements; *wrong is why it is not allowed, or NULL. */
static size_t
count_elements(const char *array, size_t len, size_t max, const char **wrong)
{
	size_t n = 0;

	jsn_elements(array, len, count_element, &n);
	*wrong = n == 0 ? "has less items than allowed" : n > max ?
	    "has more items than allowed" : NULL;
	return n;
}

struct choices {
	struct reader *reader;
	struct form_word *list;
	size_t n;
};

static const char *
choice_wrong(struct choices *c, const struct jsn_slice *value)
{
	struct form_word *added = &c->list[c->n];
	const char *wrong;
	size_t i;

	if (value->type != JSN_STRING)
		return "is the wrong type";
	wrong = read_word(c->reader, value, added);
	for (i = 0; wrong == NULL && i < c->n; i++)
		if (compare_words(&c->list[i], added) == 0)
			wrong = TWICE;
	return wrong;
}

static int
add_choice(const struct jsn_slice *value, void *ctx)
{
	struct choices *c = ctx;
	const char *wrong = choice_wrong(c, value);

	if (wrong != NULL)
		return err_set(c->reader->err, ERR_BAD_REQUEST,
		    "fields[%zu].choices[%zu] %s", c->reader->fields->n, c->n,
		    wrong);
	c->n++;
	return 0;
}

static int
set_choices(struct reader *r, struct form_field *f,
    const struct jsn_slice *value)
{
	struct choices c = { .reader = r };
	const char *wrong;
	size_t n = count_elements(value->text, value->len, FORM_CHOICES_MAX,
	    &wrong);

	if (wrong != NULL)
		return wrong_property(r, wrong);
	c.list = arena_alloc(r->arena, n * sizeof(*c.list));
	if (jsn_elements(value->text, value->len, add_choice, &c) != 0)
		return -1;
	f->choices = c.list;
	f->choices_n = c.n;
	return 0;
}

/* The properties of a field, in the order in which they are read: the type
 * first, because it decides which limits are allowed. */
static const struct property {
	const char *name;
	enum jsn_type json;
	bool required;
	unsigned limit;		/* of types that have it; 0: all */
	int (*set)(struct reader *, struct form_field *,
	    const struct jsn_slice *);
} properties[] = {
	{ "name", JSN_STRING, true, 0, set_name },
	{ "type", JSN_STRING, true, 0, set_type },
	{ "required", JSN_BOOLEAN, false, 0, set_required },
	{ "minLength", JSN_NUMBER, false, FORM_LIMIT_LENGTH, set_min_length },
	{ "maxLength", JSN_NUMBER, false, FORM_LIMIT_LENGTH, set_max_length },
	{ "minimum", JSN_NUMBER, false, FORM_LIMIT_RANGE, set_minimum },
	{ "maximum", JSN_NUMBER, false, FORM_LIMIT_RANGE, set_maximum },
	{ "integer", JSN_BOOLEAN, false, FORM_LIMIT_RANGE, set_integer },
	{ "maxItems", JSN_NUMBER, false, FORM_LIMIT_ITEMS, set_max_items },
	{ "choices", JSN_ARRAY, true, FORM_LIMIT_CHOICES, set_choices }
};

/* The properties that a field's object has. */
struct found {
	struct jsn_slice values[LENGTH(properties)];
	const char *twice;	/* the name of a duplicate */
	bool more;		/* an unknown property was found */
};

static int
add_found(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	struct found *found = ctx;
	size_t i;

	for (i = 0; i < LENGTH(properties); i++) {
		if (strlen(properties[i].name) != name->len ||
		    memcmp(properties[i].name, name->text, name->len) != 0)
			continue;
		if (found->values[i].type != JSN_NONE)
			found->twice = properties[i].name;
		found->values[i] = *value;
		return 0;
	}
	found->more = true;
	return 0;
}

/* Reads a property if the field has it. */
static int
read_property(struct reader *r, struct form_field *f,
    const struct property *p, const struct jsn_slice *value)
{
	bool known = p->limit == 0 || (f->type->limits & p->limit) != 0;

	r->property = p->name;
	if (value->type == JSN_NONE && known && p->required)
		return wrong_property(r, "is required");
	if (value->type == JSN_NONE)
		return 0;
	if (!known)
		return wrong_field(r, "has additional properties");
	if (value->type != p->json)
		return wrong_property(r, "is the wrong type");
	return p->set(r, f, value);
}

/* Reads an element of the definition. */
static int
read_field(const struct jsn_slice *value, void *ctx)
{
	struct found found = { .twice = NULL };
	struct reader *r = ctx;
	struct form_field *f = &r->fields->list[r->fields->n];
	size_t i;

	if (value->type != JSN_OBJECT)
		return wrong_field(r, "is the wrong type");
	jsn_members(value->text, value->len, add_found, &found);
	r->property = found.twice;
	if (found.twice != NULL)
		return wrong_property(r, TWICE);
	f->max_length = MAX_LENGTH_DEFAULT;
	f->max_items = MAX_ITEMS_DEFAULT;
	for (i = 0; i < LENGTH(properties); i++)
		if (read_property(r, f, &properties[i], &found.values[i]) < 0)
			return -1;
	if (found.more)
		return wrong_field(r, "has additional properties");
	r->fields->n++;
	return 0;
}

/* Orders fields by name, and equal names by position. */
static int
compare_fields(const void *left, const void *right)
{
	const struct form_field *a = *(const struct form_field *const *)left;
	const struct form_field *b = *(const struct form_field *const *)right;
	int order = compare_words(&a->name, &b->name);

	if (order == 0)
		order = a < b ? -1 : a > b;
	return order;
}

static int
sort_fields(struct reader *r)
{
	struct form_fields *fields = r->fields;
	const struct form_field **sorted;
	size_t i;

	sorted = arena_alloc(r->arena, fields->n * sizeof(*sorted));
	for (i = 0; i < fields->n; i++)
		sorted[i] = &fields->list[i];
	qsort(sorted, fields->n, sizeof(*sorted), compare_fields);
	for (i = 1; i < fields->n; i++)
		if (compare_words(&sorted[i - 1]->name, &sorted[i]->name) == 0)
			return err_set(r->err, ERR_BAD_REQUEST,
			    "fields[%zu].name " TWICE,
			    (size_t)(sorted[i] - fields->list));
	fields->sorted = sorted;
	return 0;
}

int
form_fields_parse(const char *text, size_t len, struct arena *arena,
    struct form_fields **out, struct err *err)
{
	struct reader r = { .arena = arena, .err = err };
	struct jsn_scan seen;
	const char *wrong;
	int result;
	size_t n;

	if (jsn_scan(text, len, JSN_DEPTH_MAX, &seen, err) < 0)
		return -1;
	if (seen.type != JSN_ARRAY)
		return err_set(err, ERR_BAD_REQUEST,
		    "fields is the wrong type");
	n = count_elements(text, len, FORM_FIELDS_MAX, &wrong);
	if (wrong != NULL)
		return err_set(err, ERR_BAD_REQUEST, "fields %s", wrong);
	r.fields = arena_alloc(arena, sizeof(*r.fields));
	r.fields->offset = "Z";
	r.fields->list = arena_alloc(arena, n * sizeof(*r.fields->list));
	buf_init(&r.scratch);
	result = jsn_elements(text, len, read_field, &r);
	buf_release(&r.scratch);
	if (result != 0 || sort_fields(&r) < 0)
		return -1;
	*out = r.fields;
	return 0;
}

static int
compare_name(const void *key, const void *element)
{
	const struct form_field *f =
	    *(const struct form_field *const *)element;

	return compare_words(key, &f->name);
}

const struct form_field *
form_fields_find(const struct form_fields *fields, const char *name,
    size_t len)
{
	const struct form_word key = { name, len };
	const struct form_field *const *found;

	found = bsearch(&key, fields->sorted, fields->n,
	    sizeof(*fields->sorted), compare_name);
	return found == NULL ? NULL : *found;
}

bool
form_is_time_zone(const char *s)
{
	return strcmp(s, FORM_UTC) == 0 || timestamp_is_offset(s, strlen(s));
}

enum { SETTING_FIELDS, SETTING_LENIENT, SETTING_TIME_ZONE, SETTING__COUNT };

static int
add_setting(const struct jsn_chars *name, const struct jsn_slice *value,
    void *ctx)
{
	static const char *const names[SETTING__COUNT] = {
		"fields", "lenient", "timeZone"
	};
	struct jsn_slice *settings = ctx;
	size_t i;

	for (i = 0; i < SETTING__COUNT; i++)
		if (strlen(names[i]) == name->len &&
		    memcmp(names[i], name->text, name->len) == 0)
			settings[i] = *value;
	return 0;
}

int
form_fields_stored(const char *form, const char *settings,
    struct arena *arena, struct form_fields **out, struct err *err)
{
	struct jsn_slice found[SETTING__COUNT] = { { .text = "" } };
	const struct jsn_slice *zone = &found[SETTING_TIME_ZONE];

	jsn_members(settings, strlen(settings), add_setting, found);
	if (form_fields_parse(found[SETTING_FIELDS].text,
	    found[SETTING_FIELDS].len, arena, out, err) < 0) {
		err->code = ERR_INTERNAL;
		return err_prefix(err, "form %s", form);
	}
	if (found[SETTING_LENIENT].type == JSN_BOOLEAN)
		(*out)->lenient = *found[SETTING_LENIENT].text == 't';
	/* An offset has no escapes. */
	if (zone->type == JSN_STRING &&
	    timestamp_is_offset(zone->text + 1, zone->len - 2))
		(*out)->offset = arena_copy(arena, zone->text + 1,
		    zone->len - 2);
	return 0;
}
