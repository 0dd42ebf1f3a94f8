#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/yaml-tree.h"
#include "tests/cases/facts-rows.h"

#define SOME_SIZE 1000 /* of the layer of a step of which only the command is written down */

static const struct row image_rows[] = {
	ROW(docker_image, ROW_TEXT, id),
	ROW(docker_image, ROW_LIST, tags),
	ROW(docker_image, ROW_TEXT, not_measured),
	ROW(docker_image, ROW_TEXT, platform),
	ROW(docker_image, ROW_SIZE, size),
	ROW(docker_image, ROW_TEXT, health),
	ROW(docker_image, ROW_TEXT, command),
	ROW(docker_image, ROW_LIST, env),
	ROW(docker_image, ROW_LIST, labels),
	ROW(docker_image, ROW_TEXT, files_not_measured),
	ROW(docker_image, ROW_LIST, rights_files),
	ROW(docker_image, ROW_LIST, secret_files),
	{0},
};

static const struct row step_rows[] = {
	ROW(docker_image_step, ROW_TEXT, command),
	ROW(docker_image_step, ROW_TEXT, comment),
	ROW(docker_image_step, ROW_INT64, created),
	ROW(docker_image_step, ROW_SIZE, size),
	{0},
};

static const struct row swarm_rows[] = {
	ROW(swarm, ROW_BOOL, manager),
	ROW(swarm, ROW_TEXT, not_measured),
	ROW(swarm, ROW_TEXT, listen_address),
	ROW(swarm, ROW_TEXT, listen_unknown),
	ROW(swarm, ROW_TEXT, data_path_address),
	ROW(swarm, ROW_BOOL, autolock),
	ROW(swarm, ROW_INT64, certificate_hours),
	ROW(swarm, ROW_TEXT, networks_unknown),
	{0},
};

static const struct row manager_rows[] = {
	ROW(swarm_manager, ROW_TEXT, name),
	ROW(swarm_manager, ROW_TEXT, reachability),
	{0},
};

static const struct row network_rows[] = {
	ROW(overlay_network, ROW_TEXT, name),
	ROW(overlay_network, ROW_BOOL, encrypted),
	ROW(overlay_network, ROW_BOOL, ingress),
	{0},
};

static int text_of(const struct tree *tree, const struct tree_node *value, char **ret,
		   struct error *err)
{
	if (value->kind != TREE_SCALAR)
		return rows_wrong(tree, value, "a text", err);
	str_replace(ret, value->text);
	return 0;
}

/* A step of which only the command counts may be written as that alone. */
static int read_step(const struct job *job, const struct tree_node *value,
		     struct docker_image *image, struct error *err)
{
	struct docker_image_step *step = docker_image_add_step(image);
	const struct job part = {.tree = job->tree, .rows = step_rows, .into = step};
	int r = 0;

	step->size = SOME_SIZE;
	if (value->kind == TREE_SCALAR)
		r = text_of(job->tree, value, &step->command, err);
	else
		r = rows_read_mapping(&part, value, err);
	if (!step->command)
		step->command = xstrdup("");
	if (!step->comment)
		step->comment = xstrdup("");
	return r;
}

static int read_image_key(const struct job *job, const struct tree_node *key,
			  const struct tree_node *value, struct error *err)
{
	int r = 0;

	if (strcmp(key->text, "steps") != 0)
		return tree_error(job->tree, key, err, "unknown key '%s'", key->text);
	if (value->kind != TREE_LIST)
		return rows_wrong(job->tree, value, "a list", err);
	for (size_t i = 0; r == 0 && i < value->count; i++)
		r = read_step(job, &value->items[i], job->into, err);
	return r;
}

int read_images(const struct job *job, const struct tree_node *value, struct docker_images *ret,
		struct error *err)
{
	int r = 0;

	if (value->kind == TREE_SCALAR)
		return text_of(job->tree, value, &ret->not_measured, err);
	if (value->kind != TREE_LIST)
		return rows_wrong(job->tree, value, "a list, or why there is none", err);
	for (size_t i = 0; r == 0 && i < value->count; i++) {
		const struct job part = {job->tree, image_rows, docker_images_add(ret),
					 read_image_key};

		r = rows_read_mapping(&part, &value->items[i], err);
	}
	return r;
}

static int read_swarm_key(const struct job *job, const struct tree_node *key,
			  const struct tree_node *value, struct error *err)
{
	bool managers = strcmp(key->text, "managers") == 0;
	int r = 0;

	if (!managers && strcmp(key->text, "networks") != 0)
		return tree_error(job->tree, key, err, "unknown key '%s'", key->text);
	if (value->kind != TREE_LIST)
		return rows_wrong(job->tree, value, "a list", err);
	for (size_t i = 0; r == 0 && i < value->count; i++) {
		struct job part = {.tree = job->tree};

		part.rows = managers ? manager_rows : network_rows;
		part.into = managers ? (void *)swarm_add_manager(job->into)
				     : (void *)swarm_add_network(job->into);
		r = rows_read_mapping(&part, &value->items[i], err);
	}
	return r;
}

int read_swarm(const struct job *job, const struct tree_node *value, struct swarm *ret,
	       struct error *err)
{
	return rows_read_mapping(&(struct job){job->tree, swarm_rows, ret, read_swarm_key}, value,
				 err);
}
