#include "modules/daemon/by-variable.h"

#include "engine/base/alloc.h"
#include "engine/format/secret.h"

bool daemon_decided_by_variable(const struct view *v, const struct daemon_want *want,
				const struct daemon_key *k, const char *wanted, struct delta *d)
{
	const struct setting *by = settings_find(&v->facts->docker.by_variable, want->key);
	CLEANUP(freep) char *shown = NULL;

	if (!by)
		return false;
	if (!by->value) {
		delta_raise(
			d, VERDICT_NOT_MEASURED,
			"%s is not known: the variable %s of dockerd's environment has a say in it",
			want->key, by->where);
		delta_in_place(d);
		return true;
	}
	if (daemon_value_accepted(want, k, by->value))
		return false;
	shown = secret_show_value(subject_of(SCHEME_DOCKER, want->key), by->value);
	delta_raise(d, VERDICT_FAIL,
		    "%s is %s by the variable %s of dockerd's environment, %s is wanted", want->key,
		    shown, by->where, wanted);
	str_replace(&d->refusal,
		    "it overrules the file: take it out of dockerd's unit, or of the file that its "
		    "unit reads");
	return true;
}
