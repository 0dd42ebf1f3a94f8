#include "engine/facts/containers.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/container-info.h"
#include "engine/format/published-info.h"

/* One exec session to be asked for. */
struct session {
	char *id;
	size_t container;
};

/* What is under way while the API is asked. */
struct query {
	struct container_reader *reader;
	struct strv ids; /* of the containers, as they were listed */
	struct session *sessions;
	size_t nsessions;
};

static void query_clear(struct query *q)
{
	strv_clear(&q->ids);
	for (size_t i = 0; i < q->nsessions; i++)
		free(q->sessions[i].id);
	free(q->sessions);
}

static void reader_clear(struct container_reader *r)
{
	map_clear(&r->volumes, free);
	map_clear(&r->limits, free);
	map_clear(&r->sockets, NULL);
	container_places_clear(r);
	mount_table_clear(&r->host);
	for (size_t i = 0; i < NS_COUNT; i++)
		free(r->host_ns[i]);
}

int containers_list(struct gather *g, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(g->api, "/containers/json?all=1", &body, err);

	return r < 0 ? r : container_info_read_list(&body, ret, NULL, err);
}

static char *container_path(void *data, size_t index)
{
	const struct query *q = data;

	return xasprintf("/containers/%s/json", q->ids.items[index]);
}

/* Only what answers about the one that was asked for. */
static int read_container(const struct buf *body, const char *id, struct container *ret,
			  struct strv *ret_execs, struct error *err)
{
	int r = container_info_read(body, ret, ret_execs, err);

	if (r < 0 || strcmp(ret->id, id) == 0)
		return r;
	container_clear(ret);
	container_init(ret);
	strv_clear(ret_execs);
	return error_set(err, -EINVAL, "what dockerd says of container %s is of another", id);
}

static void take_container(void *data, size_t index, const struct buf *body,
			   const struct error *err)
{
	struct query *q = data;
	struct container *c = &q->reader->g->facts->docker.containers.seen[index];
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv execs = {0};

	if (err || read_container(body, q->ids.items[index], c, &execs, &why) < 0) {
		/* one that went away since it was listed is none */
		if (!err || err->code != -ENOENT)
			str_replace(&c->unread, error_text(err ? err : &why));
		return;
	}
	for (size_t i = 0; i < execs.count; i++) {
		struct session *s = array_append(&q->sessions, &q->nsessions, sizeof(*s));

		*s = (struct session){TAKE_PTR(execs.items[i]), index};
	}
}

static char *session_path(void *data, size_t index)
{
	const struct query *q = data;

	return xasprintf("/exec/%s/json", q->sessions[index].id);
}

static void take_session(void *data, size_t index, const struct buf *body, const struct error *err)
{
	struct query *q = data;
	size_t container = q->sessions[index].container;

	struct docker_facts *d = &q->reader->g->facts->docker;
	struct container *c = &d->containers.seen[container];
	CLEANUP(error_clear) struct error why = {0};

	if (err ? err->code == -ENOENT /* it ended meanwhile */
		: container_info_read_exec(body, c, &why) >= 0)
		return;
	strv_addf(&d->restart_brings,
		  "whether something runs in container %s by docker exec, which the restart would "
		  "cut off, could not be asked: %s",
		  container_label(c), error_text(err ? err : &why));
}

/* Containers that went away have neither an id nor a reason. */
static void drop_vanished(struct container_list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->nseen; i++) {
		struct container *c = &l->seen[i];

		if (!c->id && !c->unread)
			container_clear(c);
		else
			l->seen[kept++] = *c;
	}
	l->nseen = kept;
}

static int ask(struct container_reader *reader, struct error *err)
{
	struct gather *g = reader->g;
	struct container_list *list = &g->facts->docker.containers;
	CLEANUP(query_clear) struct query q = {.reader = reader};
	struct engine_api_batch batch = {
		.path = container_path, .answer = take_container, .data = &q};
	int r = containers_list(g, &q.ids, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < q.ids.count; i++)
		container_list_add(list);
	batch.count = q.ids.count;
	r = engine_api_get_many(g->api, &batch, err);
	if (r == 0) {
		batch = (struct engine_api_batch){q.nsessions, session_path, take_session, &q};
		r = engine_api_get_many(g->api, &batch, err);
	}
	for (size_t i = 0; i < q.ids.count; i++)
		if (list->seen[i].unread && !list->seen[i].id)
			list->seen[i].id = xstrdup(q.ids.items[i]);
	drop_vanished(list);
	return r;
}

static void ask_volumes(struct container_reader *reader)
{
	struct gather *g = reader->g;
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};
	size_t n = 0;
	int r = engine_api_get(g->api, "/volumes", &body, &err);

	if (r == 0)
		plugins_take_volumes(g, &body);
	if (r == 0)
		r = container_info_read_volumes(&body, &reader->volumes, &n, &err);
	if (r == 0)
		count_set(&g->facts->docker.volumes, n);
	else
		count_unknown(&g->facts->docker.volumes, error_text(&err));
}

static void ask_networks(struct gather *g)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv names = {0}, addresses = {0};
	struct container_list *l = &g->facts->docker.containers;
	size_t made = 0;
	int r = engine_api_get(g->api, "/networks", &body, &err);

	if (r == 0)
		r = published_info_read_local(&body, &names, &err);
	if (r == 0)
		r = published_info_read_addresses(&body, &addresses, &err);
	for (size_t i = 0; i < l->nseen; i++)
		container_addresses_put(&addresses, &l->seen[i]);
	for (size_t i = 0; i < names.count; i++)
		made += !network_is_dockerds(names.items[i]);
	if (r == 0)
		count_set(&g->facts->docker.networks, made);
	else
		count_unknown(&g->facts->docker.networks, error_text(&err));
}

/* What is in force in containers, where anybody asks for it. */
static void read_in_force(struct container_reader *reader)
{
	struct container_list *l = &reader->g->facts->docker.containers;

	container_host_read(reader);
	container_places_read(reader);
	for (size_t i = 0; i < l->nseen; i++) {
		struct container *c = &l->seen[i];

		if (container_lives(c)) {
			container_read_process(reader, c);
			container_read_limits(reader, c);
		} else {
			container_read_mounts(reader, c, NULL);
		}
	}
	containers_read_birth(reader);
}

void gather_containers(struct gather *g)
{
	CLEANUP(reader_clear) struct container_reader reader = {.g = g};
	CLEANUP(error_clear) struct error err = {0};

	if (!g->api)
		return;
	if (ask(&reader, &err) < 0) {
		str_replace(&g->facts->docker.not_measured, error_text(&err));
		return;
	}
	containers_known(&g->facts->docker.containers);
	ask_volumes(&reader);
	ask_networks(g);
	plugins_count(g);
	if (g->facts->docker.containers.nseen > 0 && (g->facts->parts & FACTS_CONTAINERS))
		read_in_force(&reader);
	containers_read_members(&reader); /* who uses setuid programs matters to any plan */
	containers_read_sockets(&reader);
	containers_read_talks(&reader);
}
