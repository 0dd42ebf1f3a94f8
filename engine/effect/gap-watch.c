#include "engine/effect/gap-watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/fd-io.h"

#define TIMEOUT_MS 200 /* of one connection: the kernel would ask again after a second only */
#define STEP_MS 20
#define TARGETS_A_MS 2 /* the more there are, the longer a step */
#define PACE_MS 50 /* of one that answers, ... */
#define GROWTH 16 /* ... which grows to the time since the begin by this */
#define SLOW_PACE_MS 5000
#define MOST_ANSWERS 60 /* then slowly: some databases count connections without a word to 100 */

struct gap_watch {
	struct knock *knocks; /* the thread's alone while it runs */
	struct timing *timings; /* under the lock */
	size_t count;
	struct service *services; /* by their numbers; the thread's */
	bool *first; /* of its service; likewise */
	bool wanted; /* under the lock, too: a round in which all are due */
	unsigned rounds; /* likewise: how many of those are over */
	double hurried; /* likewise: when it was last */
	pthread_cond_t over;
	pthread_mutex_t lock;
	pthread_t thread;
	int stop; /* eventfd */
	bool runs;
};

void timing_saw(struct timing *t, double began, double ended, bool answers)
{
	if (!answers) {
		if (!t->away)
			t->missed = began;
		t->away = true;
		return;
	}
	if (t->away && t->answered > 0) {
		t->away_ms += ended - t->answered;
		t->least_ms += began - t->missed;
	}
	t->away = false;
	t->answered = began;
}

double timing_away_ms(const struct timing *t, double now)
{
	return t->away_ms + (t->away && t->answered > 0 ? now - t->answered : 0);
}

double timing_least_ms(const struct timing *t, double now)
{
	return t->least_ms + (t->away && t->answered > 0 ? now - t->missed : 0);
}

bool timing_is_due(const struct timing *t, const struct service *s, bool first, double last,
		   double now, double hurried)
{
	double pace = hurried > 0 ? (now - hurried) / GROWTH : SLOW_PACE_MS;

	if (s->answers >= MOST_ANSWERS || pace > SLOW_PACE_MS)
		pace = SLOW_PACE_MS;
	if (t->away)
		return true;
	if (!first && !s->away && (last >= hurried || s->answers >= MOST_ANSWERS / 2))
		return false;
	return now - last >= (pace < PACE_MS ? PACE_MS : pace);
}

static void note(struct gap_watch *w, size_t i)
{
	const struct knock *k = &w->knocks[i];
	struct service *s = &w->services[k->service];

	if (!k->due)
		return;
	timing_saw(&w->timings[i], k->began, k->ended, k->answers);
	s->answers += k->answers;
	if (w->first[i])
		s->away = !k->answers;
}

/* One round; whatever was asked is noted with the time of its own answer. */
static void look(struct gap_watch *w)
{
	double now = clock_ms(), hurried;
	bool all;

	pthread_mutex_lock(&w->lock);
	all = w->wanted;
	w->wanted = false;
	hurried = w->hurried;
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->count; i++) {
		struct knock *k = &w->knocks[i];

		k->hold = all || w->timings[i].away;
		k->due = all || timing_is_due(&w->timings[i], &w->services[k->service], w->first[i],
					      k->began, now, hurried);
	}
	knock_all(w->knocks, w->count, TIMEOUT_MS);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++)
		note(w, i);
	w->rounds += all;
	pthread_cond_broadcast(&w->over);
	pthread_mutex_unlock(&w->lock);
}

static void *run(void *data)
{
	struct gap_watch *w = data;
	struct pollfd stop = {.fd = w->stop, .events = POLLIN};
	int step = STEP_MS + (int)(w->count / TARGETS_A_MS);

	while (poll(&stop, 1, step) <= 0)
		look(w);
	return NULL;
}

/* The signals are for whoever started it. */
static int start(struct gap_watch *w)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->runs = r == 0;
	return r;
}

/* Each has answered once. */
static void take(struct gap_watch *w, const struct knock *all, size_t count)
{
	size_t services = 0;

	for (size_t i = 0; i < count; i++)
		if (all[i].service >= services)
			services = all[i].service + 1;
	w->count = count;
	w->knocks = xmemdup(all, count * sizeof(*all));
	w->timings = xcalloc(count, sizeof(*w->timings));
	w->services = xcalloc(services, sizeof(*w->services));
	w->first = xcalloc(count, sizeof(*w->first));
	for (size_t i = 0; i < count; i++) {
		w->timings[i].answered = all[i].began;
		w->first[i] = w->services[all[i].service].answers++ == 0;
	}
}

int gap_watch_start(struct gap_watch **ret, const struct knock *all, size_t count,
		    struct error *err)
{
	struct gap_watch *w = xcalloc(1, sizeof(*w));
	int r;

	take(w, all, count);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->over, NULL);
	w->stop = eventfd(0, EFD_CLOEXEC);
	r = w->stop < 0 ? -errno : start(w);
	if (r < 0) {
		gap_watch_free(w);
		return error_errno(err, r, "cannot watch published ports");
	}
	*ret = w;
	return 0;
}

void gap_watch_hurry(struct gap_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->hurried = clock_ms();
	pthread_mutex_unlock(&w->lock);
}

/* The round that runs began before; the next one does not. */
void gap_watch_ask(struct gap_watch *w)
{
	unsigned until;

	pthread_mutex_lock(&w->lock);
	until = w->rounds + 1;
	w->wanted = true;
	while (w->runs && w->rounds < until)
		pthread_cond_wait(&w->over, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

struct timing gap_watch_look(struct gap_watch *w, size_t i)
{
	struct timing ret;

	pthread_mutex_lock(&w->lock);
	ret = w->timings[i];
	pthread_mutex_unlock(&w->lock);
	return ret;
}

void gap_watch_stop(struct gap_watch *w)
{
	if (!w || !w->runs)
		return;
	eventfd_write(w->stop, 1);
	pthread_join(w->thread, NULL);
	w->runs = false;
}

void gap_watch_free(struct gap_watch *w)
{
	if (!w)
		return;
	gap_watch_stop(w);
	if (w->stop >= 0)
		close(w->stop);
	pthread_cond_destroy(&w->over);
	pthread_mutex_destroy(&w->lock);
	free(w->knocks);
	free(w->timings);
	free(w->services);
	free(w->first);
	free(w);
}
