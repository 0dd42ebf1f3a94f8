#include "modules/common/kernel-name.h"

#include <ctype.h>
#include <string.h>

/*
 * What sets kernels of one number apart: "-cloud-amd64" of "6.1.0-25-cloud-amd64", "+debug" of
 * "5.14.0-427.13.1.el9_4.x86_64+debug". "+deb13" is of the number.
 */
static const char *flavour_of(const char *name)
{
	const char *plus = strrchr(name, '+');

	for (const char *p = name; (p = strchr(p, '-')); p++)
		if (isalpha((unsigned char)p[1]))
			return p;
	return plus ? plus : "";
}

/* Counters in it are not of the flavour: "-arch1-1", "-arch2-1". */
static bool same_flavour(const char *a, const char *b)
{
	static const char digits[] = "0123456789";

	a = flavour_of(a);
	b = flavour_of(b);
	for (;; a++, b++) {
		a += strspn(a, digits);
		b += strspn(b, digits);
		if (*a != *b || !*a)
			return *a == *b;
	}
}

bool kernel_is_newer(const char *name, const char *than)
{
	return isdigit((unsigned char)name[0]) && same_flavour(name, than) &&
	       strverscmp(name, than) > 0;
}
