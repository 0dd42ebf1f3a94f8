#pragma once

/*
 * Sockets, while gathering: who listens where, whose end a connection has, and who of them is there
 * while dockerd starts.
 */

#include "engine/facts/parts.h"

/* listeners.c: TCP sockets that the API listens on. */
void gather_listeners(struct gather *g);

/* What docker.socket and its like listen on beside paths and names, as "tcp://..."; *ret_unknown (may be NULL): why not all. */
void socket_streams(const struct gather *g, struct strv *ret, char **ret_unknown);

/* The same of one socket unit. */
void unit_streams(const struct gather *g, const struct unit_facts *u, struct strv *ret,
		  char **ret_unknown);

/* api-passed-on.c: who passes on to the API what comes from elsewhere. */
void gather_api_passed_on(struct gather *g);

/*
 * api-sockets.c: the paths of the API's sockets, appended: those of docker.socket, those that the running dockerd
 * and its next start are told, and those that the running one listens on.
 */
void api_socket_files(const struct gather *g, struct strv *ret);

/* The same of containerd's. Negative: not all that run may be among them. */
int containerd_socket_files(const struct gather *g, struct strv *ret, struct error *err);

/* sockets.c: unix sockets that the running dockerd listens on. */
void gather_sockets(struct gather *g);

/* Of a table like /proc/net/unix the listening ones among these inodes; appended to ret. */
void unix_listeners(const char *table, const struct strv *inodes, const char *exec_root,
		    struct strv *ret);

/* The path and the inode of one that listens, or takes datagrams; NULL: it does neither, or has no path. */
const char *unix_line_path(const char *line, char ret_inode[static 32]);

/* How many connections to one of these paths have their end among these inodes. */
size_t unix_connections(const char *table, const struct strv *inodes, const struct strv *paths);

/*
 * The same of the networks that these processes are in, but those in `networks`, which gets them
 * ("net:[4026531840]").
 */
size_t connections_of_networks(const struct processes *all, const struct strv *inodes,
			       const struct strv *paths, struct strv *networks);

/* The network that a process is in is added; false: it was there, or is not known. */
bool network_is_new(const struct process *p, struct strv *networks);

/* The inodes of the sockets that a process has, as text. */
int sockets_of(const struct gather *g, pid_t pid, struct strv *ret, struct error *err);

/* listening.c: who listens on TCP ports beside dockerd. */
void gather_listening(struct gather *g);

/*
 * holders.c: whose a socket is. Why it may be gone while dockerd starts, as it goes on behind
 * "which" ("logs.service has, and that goes down with dockerd"); NULL: somebody has it who runs on.
 * The caller frees it.
 */
char *holders_lost(struct gather *g, const struct containers *all, const struct strv *inodes);
void holders_clear(struct holders *h);

/* Whether each of them, and one at least, is of a dockerd that is not docker.service's. */
bool holders_are_other_dockerds(struct gather *g, const struct strv *inodes);

/* Takes out those of docker-proxy, which only passes on. */
void holders_drop_proxies(struct gather *g, struct strv *inodes);

/* docker.service's own process; 0: none is known. */
pid_t dockerds_pid(const struct gather *g);

/*
 * socket-files.c: the inodes of those that listen, or take datagrams, on the file that process `by` finds
 * at the path, under whatever name and in whatever network. They are the gathering's.
 */
const struct strv *socket_file_inodes(struct gather *g, pid_t by, const char *path);
void socket_files_clear(struct socket_files *f);

/* The inodes of those whom one that connects from dockerd would reach there; appended. */
void listeners_at(const struct gather *g, const char *host, const char *port, struct strv *ret);

/*
 * The same of one who is in that network ("/proc/7/net"); without a host, at whatever address; without
 * a port, at whatever one that is reached from outside.
 */
void listeners_in(const char *net, const char *host, const char *port, struct strv *ret);

/* Who listens in that network, without these inodes, and its addresses. */
int listening_read(const char *net, const struct strv *own, struct listening *ret,
		   struct error *err);

/* The listening ones of a table like /proc/net/tcp, as "ADDRESS PORT", without these inodes; appended to ret. */
void tcp_table(const char *table, const struct strv *own, struct strv *ret);

/* An address as such a table has it, in digits, as text: one of IPv4 within IPv6 as that of IPv4. */
bool tcp_address_text(const char *hex, char *ret, size_t size);

/*
 * api-peers.c: the ports of such a table at which these inodes listen, as text; and of each connection
 * that they have there from where it comes and where it ends ("10.0.0.9 at 10.0.0.2 2375"). Appended.
 */
void tcp_ports(const char *table, const struct strv *inodes, struct strv *ret);
void tcp_peers(const char *table, const struct strv *inodes, const struct strv *ports,
	       struct strv *ret);

/* The tables of TCP of the network that dockerd is in; they are the gathering's. */
int tcp_tables(struct gather *g, pid_t dockerd, const char **ret, struct error *err);

/* What of such tables these inodes listen at, as "ADDRESS PORT"; appended to ret. */
void tcp_table_of(const char *table, const struct strv *inodes, struct strv *ret);

/*
 * api-listening.c: at which addresses of TCP the running dockerd serves its API, and to whom. Once its
 * containers are known: what they publish it may hold open itself.
 */
void gather_api_tcp(struct gather *g);

/*
 * At which addresses of TCP that dockerd really listens, by its own descriptors: what a file said when it
 * started may be gone from it.
 */
void gather_api_listening(struct gather *g, pid_t dockerd, const struct strv *inodes);

/* Whether dockerd's metrics are at that port, by the value that is in force. */
bool api_is_metrics(const struct docker_facts *d, const char *port);

/* Who is connected to the API of that dockerd over TCP, and loses it by the restart; inodes are its sockets. */
void gather_api_peers(struct gather *g, pid_t dockerd, const struct strv *inodes);
