// SPDX-License-Identifier: GPL-2.0
/*
 * Text in arguments and listings: sizes, modes, times, owners.
 *
 * Everything is parsed whole: what is left over makes it wrong.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd.h"

/* ---- numbers ---- */

/* decimal digits; NULL if there are none or they pass @max, else what follows */
static const char *digits(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		unsigned int d = (unsigned int)(*s - '0');

		if (n > max / 10 || 10 * n > max - d)
			return NULL;
		n = 10 * n + d;
	}
	*out = n;
	return s;
}

bool cmd_parse_number(const char *s, uint64_t max, uint64_t *out)
{
	s = digits(s, max, out);
	return s && !*s;
}

bool cmd_parse_size(const char *s, uint64_t *out)
{
	static const char units[] = "KMGTPE";
	uint64_t n, base = 1024;
	const char *unit;
	int power;

	s = digits(s, UINT64_MAX, &n);
	if (!s)
		return false;
	if (*s) {
		unit = strchr(units, *s >= 'a' ? *s - 'a' + 'A' : *s);
		if (!unit)
			return false;
		if (!strcmp(s + 1, "B"))
			base = 1000;
		else if (s[1] && strcmp(s + 1, "iB"))
			return false;
		for (power = (int)(unit - units) + 1; power; power--) {
			if (n > UINT64_MAX / base)
				return false;
			n *= base;
		}
	}
	*out = n;
	return true;
}

const char *cmd_human(uint64_t bytes, char *buf)
{
	static const char units[] = "KMGTPE";
	uint64_t whole = bytes, rest = 0;
	int k = -1;

	/* rest: what is above whole, in 1024ths, and not 0 if anything is */
	while (whole >= 1024) {
		rest = whole % 1024 | (rest ? 1 : 0);
		whole /= 1024;
		k++;
	}
	if (k < 0) {
		snprintf(buf, 16, "%llu", (unsigned long long)whole);
		return buf;
	}
	if (whole < 10) {
		uint64_t tenths = whole * 10 + (rest * 10 + 1023) / 1024;

		if (tenths < 100) {
			snprintf(buf, 16, "%llu.%llu%c", (unsigned long long)tenths / 10,
				 (unsigned long long)tenths % 10, units[k]);
			return buf;
		}
		whole = 10;
		rest = 0;
	}
	whole += rest ? 1 : 0;
	if (whole == 1024 && k < 5)
		snprintf(buf, 16, "1.0%c", units[k + 1]);
	else
		snprintf(buf, 16, "%llu%c", (unsigned long long)whole, units[k]);
	return buf;
}

/* ---- modes ---- */

uint32_t cmd_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

/* one clause, u+rw or g=u or =; NULL if wrong, else what follows. @mode may be NULL */
static const char *mode_clause(const char *s, uint32_t mask, bool dir, uint32_t *mode)
{
	uint32_t who = 0, old = mode ? *mode : 0;
	bool said;

	for (; *s && strchr("ugoa", *s); s++)
		who |= *s == 'u' ? 04700 : *s == 'g' ? 02070 : *s == 'o' ? 01007 : 07777;
	said = who;
	if (!said)
		who = 07777;
	if (!*s || !strchr("+-=", *s))
		return NULL;
	while (*s && strchr("+-=", *s)) {
		uint32_t bits = 0, same = 0, keep;
		char op = *s++;

		if (*s && strchr("ugo", *s)) {
			same = old >> (*s == 'u' ? 6 : *s == 'g' ? 3 : 0) & 7;
			bits = same | same << 3 | same << 6;
			s++;
		} else {
			for (; *s && strchr("rwxXst", *s); s++) {
				switch (*s) {
				case 'r':
					bits |= 0444;
					break;
				case 'w':
					bits |= 0222;
					break;
				case 'X':
					bits |= dir || old & 0111 ? 0111 : 0;
					break;
				case 'x':
					bits |= 0111;
					break;
				case 's':
					bits |= 06000;
					break;
				default:
					bits |= 01000;
				}
			}
		}
		bits &= who;
		/* without a "who" the umask has its say, and only there */
		if (!said)
			bits &= ~(mask & 0777);
		if (op == '+') {
			old |= bits;
		} else if (op == '-') {
			old &= ~bits;
		} else {
			/* a directory keeps set-ID bits that were not named, as in chmod(1) */
			keep = dir && !(bits & 06000) ? 06000u : 0;
			old = (old & (~who | keep)) | bits;
		}
	}
	if (mode)
		*mode = old;
	return s;
}

static bool mode_text(const char *s, uint32_t mask, bool dir, uint32_t *mode)
{
	for (;;) {
		s = mode_clause(s, mask, dir, mode);
		if (!s || !*s)
			return s;
		if (*s++ != ',')
			return false;
	}
}

bool cmd_parse_mode(const char *s, struct cmd_mode *m)
{
	memset(m, 0, sizeof(*m));
	m->umask = cmd_umask();
	m->text = s;
	if (*s >= '0' && *s <= '9') {
		m->octal = true;
		for (; *s >= '0' && *s <= '7'; s++) {
			m->value = m->value << 3 | (uint32_t)(*s - '0');
			if (m->value > 07777)
				return false;
		}
		return !*s;
	}
	return mode_text(s, m->umask, false, NULL);
}

uint32_t cmd_apply_mode(const struct cmd_mode *m, uint32_t old, bool dir)
{
	uint32_t mode = old & 07777;

	if (m->octal)
		/* fewer than five digits do not take set-ID bits from a directory */
		return m->value | (dir && strlen(m->text) < 5 ? old & 06000 : 0);
	mode_text(m->text, m->umask, dir, &mode);
	return mode;
}

const char *cmd_type_name(uint32_t mode)
{
	switch (mode & EFS_IFMT) {
	case EFS_IFREG:
		return "regular file";
	case EFS_IFDIR:
		return "directory";
	case EFS_IFLNK:
		return "symbolic link";
	case EFS_IFCHR:
		return "character device";
	case EFS_IFBLK:
		return "block device";
	case EFS_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

/* ---- times ---- */

/* ".5" and the like; NULL if wrong */
static const char *fraction(const char *s, uint32_t *nsec)
{
	uint32_t unit = 100000000;

	*nsec = 0;
	if (*s != '.' && *s != ',')
		return s;
	s++;
	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++, unit /= 10)
		*nsec += unit * (uint32_t)(*s - '0');
	return s;
}

/* Z, +HH, +HHMM, +HH:MM */
static bool zone(const char *s, long *seconds)
{
	int h, m = 0, n = 0, sign;

	if (!strcmp(s, "Z")) {
		*seconds = 0;
		return true;
	}
	sign = *s == '-' ? -1 : 1;
	if ((*s != '+' && *s != '-') || s[1] < '0' || s[1] > '9' ||
	    sscanf(s + 1, "%2d%n", &h, &n) != 1 || n != 2)
		return false;
	s += 3;
	if (*s == ':')
		s++;
	if (*s && (sscanf(s, "%2d%n", &m, &n) != 1 || n != 2 || s[2]))
		return false;
	*seconds = sign * (h * 3600L + m * 60L);
	return h < 25 && m < 60;
}

bool cmd_parse_time(const char *s, struct efs_timestamp *t)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					     "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };
	struct tm tm, want;
	const char *end;
	uint64_t n = 0;
	long off;
	size_t k;

	t->nsec = 0;
	if (*s == '@') {
		bool minus = s[1] == '-';

		end = digits(s + 1 + minus, INT64_MAX, &n);
		end = end ? fraction(end, &t->nsec) : NULL;
		t->sec = minus ? -(int64_t)n : (int64_t)n;
		if (minus && t->nsec) {
			t->sec--;
			t->nsec = 1000000000 - t->nsec;
		}
		return end && !*end;
	}
	for (k = 0; k < ARRAY_SIZE(forms); k++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(s, forms[k], &tm);
		if (end)
			break;
	}
	if (end && k < 2)
		end = fraction(end, &t->nsec);
	if (!end)
		return false;
	while (*end == ' ')
		end++;
	tm.tm_isdst = -1;
	want = tm;
	if (!*end)
		t->sec = mktime(&tm);
	else if (zone(end, &off))
		t->sec = timegm(&tm) - off;
	else
		return false;
	/* no 31st of February */
	return tm.tm_mday == want.tm_mday && tm.tm_mon == want.tm_mon;
}

/* ---- owners ---- */

bool cmd_user_id(const char *s, uint32_t *id)
{
	struct passwd *pw = getpwnam(s);
	uint64_t n;

	if (pw)
		*id = pw->pw_uid;
	else if (cmd_parse_number(*s == '+' ? s + 1 : s, UINT32_MAX - 1, &n))
		*id = (uint32_t)n;
	else
		return false;
	return true;
}

bool cmd_group_id(const char *s, uint32_t *id)
{
	struct group *gr = getgrnam(s);
	uint64_t n;

	if (gr)
		*id = gr->gr_gid;
	else if (cmd_parse_number(*s == '+' ? s + 1 : s, UINT32_MAX - 1, &n))
		*id = (uint32_t)n;
	else
		return false;
	return true;
}

/* the last few names asked for: a listing asks for the same ones again and again */
struct name_cache {
	uint32_t id;
	bool known;
	char name[33];
};

static struct name_cache *cached(struct name_cache *cache, uint32_t id)
{
	return &cache[id % 64];
}

static const char *remember(struct name_cache *c, uint32_t id, const char *name)
{
	c->id = id;
	c->known = true;
	/* a name that does not fit would not be the name */
	if (name && strlen(name) < sizeof(c->name))
		snprintf(c->name, sizeof(c->name), "%s", name);
	else
		snprintf(c->name, sizeof(c->name), "%u", id);
	return c->name;
}

const char *cmd_user_name(uint32_t id)
{
	static struct name_cache cache[64];
	struct name_cache *c = cached(cache, id);
	struct passwd *pw;

	if (c->known && c->id == id)
		return c->name;
	pw = getpwuid(id);
	return remember(c, id, pw ? pw->pw_name : NULL);
}

const char *cmd_group_name(uint32_t id)
{
	static struct name_cache cache[64];
	struct name_cache *c = cached(cache, id);
	struct group *gr;

	if (c->known && c->id == id)
		return c->name;
	gr = getgrgid(id);
	return remember(c, id, gr ? gr->gr_name : NULL);
}
