#include "engine/model/firewall.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

const struct firewall_chain *firewall_find(const struct firewall_facts *f, const char *name)
{
	for (size_t i = 0; i < f->nchains; i++)
		if (strcmp(f->chains[i].name, name) == 0)
			return &f->chains[i];
	return NULL;
}

struct firewall_chain *firewall_add(struct firewall_facts *f, const char *name)
{
	struct firewall_chain *chain = array_append(&f->chains, &f->nchains, sizeof(*chain));

	chain->name = xstrdup(name);
	return chain;
}

void firewall_clear(struct firewall_facts *f)
{
	free(f->not_measured);
	free(f->manager);
	for (size_t i = 0; i < f->nchains; i++) {
		free(f->chains[i].name);
		free(f->chains[i].text);
	}
	free(f->chains);
	strv_clear(&f->bridges);
	strv_clear(&f->ingress);
	free(f->published_unknown);
	strv_clear(&f->peers);
	*f = (struct firewall_facts){0};
}
