#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/facts/containers.h"
#include "engine/facts/sockets.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/real-path.h"
#include "engine/model/docker-paths.h"

static const struct {
	enum host_place_kind kind;
	const char *path;
} known_places[] = {
	{PLACE_SENSITIVE, "/"},
	{PLACE_SENSITIVE, "/boot"},
	{PLACE_SENSITIVE, "/dev"},
	{PLACE_SENSITIVE, "/etc"},
	{PLACE_SENSITIVE, "/home"},
	{PLACE_SENSITIVE, "/lib"},
	{PLACE_SENSITIVE, "/lib32"},
	{PLACE_SENSITIVE, "/lib64"},
	{PLACE_SENSITIVE, "/libx32"},
	{PLACE_SENSITIVE, "/proc"},
	{PLACE_SENSITIVE, "/root"},
	{PLACE_SENSITIVE, "/run"},
	{PLACE_SENSITIVE, "/sys"},
	{PLACE_SENSITIVE, "/usr"},
	{PLACE_SENSITIVE, "/var/run"},
	{PLACE_SENSITIVE, "/var/log"},
	{PLACE_SENSITIVE, "/var/lib/containerd"},
	{PLACE_SENSITIVE, DOCKER_DEFAULT_ROOT},
	{PLACE_SENSITIVE, "/var/lib/kubelet"},
	{PLACE_SENSITIVE, "/etc/kubernetes"},
	{PLACE_SOCKET, "/run/crio/crio.sock"},
	{PLACE_SOCKET, "/run/cri-dockerd.sock"},
	{PLACE_SOCKET, "/run/dockershim.sock"},
	{PLACE_SOCKET, "/run/podman/podman.sock"},
	{PLACE_SOCKET, "/run/buildkit/buildkitd.sock"},
	{PLACE_LOG, "/dev/log"},
	{PLACE_LOG, "/run/systemd/journal"},
	{PLACE_LOG, "/run/log/journal"},
	{PLACE_LOG, "/var/log"},
};

static bool is_known(const struct container_reader *r, enum host_place_kind kind, const char *path)
{
	for (size_t i = 0; i < r->nplaces; i++)
		if (r->places[i].kind == kind && strcmp(r->places[i].path, path) == 0)
			return true;
	return false;
}

/* The spots of the path and of every directory above it: who has one of them has the path. */
static void find_spots(const struct container_reader *r, struct host_place *place)
{
	CLEANUP(freep) char *path = xstrdup(place->path);

	for (;;) {
		struct mount_spot spot = {0};

		if (mount_find(&r->host, path, &spot))
			*(struct mount_spot *)array_append(&place->spots, &place->nspots,
							   sizeof(spot)) = spot;
		if (!path_up(path))
			return;
	}
}

/* What is not there cannot be handed in; a socket is known by its inode, too. */
static void add_place(struct container_reader *r, enum host_place_kind kind, const char *path)
{
	CLEANUP(freep) char *real = NULL;
	struct host_place *place;
	struct stat st;

	if (real_path(path, &real, &st, NULL) < 0 || is_known(r, kind, real))
		return;
	place = array_append(&r->places, &r->nplaces, sizeof(*place));
	place->kind = kind;
	place->path = TAKE_PTR(real);
	if (S_ISSOCK(st.st_mode)) {
		place->dev = st.st_dev;
		place->ino = st.st_ino;
	}
	find_spots(r, place);
}

/* The engine's sockets and containerd's, and those of daemons that users run. */
static void add_sockets(struct container_reader *r)
{
	CLEANUP(strv_clear) struct strv files = {0}, users = {0};

	api_socket_files(r->g, &files);
	containerd_socket_files(r->g, &files, NULL);
	for (size_t i = 0; i < files.count; i++)
		add_place(r, PLACE_SOCKET, files.items[i]);
	observe_children(r->g->root, "/run/user", &users, NULL);
	for (size_t i = 0; i < users.count; i++) {
		CLEANUP(freep) char *docker = xasprintf("/run/user/%s/docker.sock", users.items[i]);
		CLEANUP(freep)
		char *podman = xasprintf("/run/user/%s/podman/podman.sock", users.items[i]);

		add_place(r, PLACE_SOCKET, docker);
		add_place(r, PLACE_SOCKET, podman);
	}
}

void container_places_read(struct container_reader *r)
{
	const char *data_root = r->g->facts->docker.data_root;
	CLEANUP(freep) char *volumes = NULL, *real = NULL;

	if (!data_root)
		data_root = DOCKER_DEFAULT_ROOT;
	for (size_t i = 0; i < ARRAY_SIZE(known_places); i++)
		add_place(r, known_places[i].kind, known_places[i].path);
	add_place(r, PLACE_SENSITIVE, data_root);
	add_sockets(r);
	volumes = xasprintf("%s/volumes", data_root);
	if (real_path(volumes, &real, NULL, NULL) == 0)
		mount_find(&r->host, real, &r->volumes_spot);
}

void container_places_clear(struct container_reader *r)
{
	for (size_t i = 0; i < r->nplaces; i++) {
		struct host_place *place = &r->places[i];

		for (size_t s = 0; s < place->nspots; s++)
			mount_spot_clear(&place->spots[s]);
		free(place->spots);
		free(place->path);
	}
	free(r->places);
	mount_spot_clear(&r->volumes_spot);
}
