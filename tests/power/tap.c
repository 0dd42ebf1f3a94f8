#include "tests/power/tap.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned lines, failures;

void tap_say(bool ok, char *text)
{
	lines++;
	failures += !ok;
	printf("%sok %u - %s\n", ok ? "" : "not ", lines, text);
	fflush(stdout);
	free(text);
}

int tap_end(void)
{
	printf("1..%u\n", lines);
	return failures ? 1 : 0;
}
