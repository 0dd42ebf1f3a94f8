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
#define AHEAD_PACE_MS 500 /* while others stop, which may take minutes */
#define MOST_AHEAD 20 /* and leaves the others of MOST_ANSWERS for what comes then */
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
	struct haste haste; /* likewise */
	pthread_cond_t over;
	pthread_mutex_t lock;
	pthread_t thread;
	int stop; /* eventfd */
	bool runs;
};

static double later(double a, double b)
{
	return a > b ? a : b;
}

void timing_saw(struct timing *t, double began, double ended, bool answers)
{
	if (!answers) {
		if (!t->away)
			t->missed = began;
		t->away = true;
		return;
	}
	if (t->counts_from > 0 && t->answered > 0)
		t->longest_ms = later(t->longest_ms, ended - later(t->answered, t->counts_from));
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

double timing_most_ms(const struct timing *t, double now)
{
	double most = later(t->longest_ms, timing_away_ms(t, now));

	if (t->counts_from > 0 && t->answered > 0)
		most = later(most, now - later(t->answered, t->counts_from));
	return most;
}

double timing_least_ms(const struct timing *t, double now)
{
	return t->least_ms + (t->away && t->answered > 0 ? now - t->missed : 0);
}

static double pace_of(const struct service *s, double now, const struct haste *h)
{
	double pace = h->ahead ? AHEAD_PACE_MS : (now - h->since) / GROWTH;

	if (h->since <= 0 || s->answers >= (h->ahead ? MOST_AHEAD : MOST_ANSWERS) ||
	    pace > SLOW_PACE_MS)
		pace = SLOW_PACE_MS;
	else if (h->most_ms > 0 && h->over <= 0 && pace > h->most_ms / 2.0)
		pace = h->most_ms / 2.0;
	return later(pace, PACE_MS);
}

bool timing_is_due(const struct timing *t, const struct service *s, bool first, double last,
		   double now, const struct haste *h)
{
	if (t->away)
		return true;
	if (!first && !s->away && (h->ahead || last >= h->since || s->answers >= MOST_ANSWERS / 2))
		return false;
	if (first && s->answers < MOST_ANSWERS && (last < h->since || last < h->over))
		return true;
	return now - last >= pace_of(s, now, h);
}

static void note(struct gap_watch *w, size_t i)
{
	const struct knock *k = &w->knocks[i];
	struct service *s = &w->services[k->service];

	if (!k->due)
		return;
	timing_saw(&w->timings[i], k->began, k->ended, k->answers);
	if (k->answers && w->haste.over > 0 && k->began >= w->haste.over)
		w->timings[i].counts_from = 0;
	s->answers += k->answers;
	if (w->first[i])
		s->away = !k->answers;
}

/* One round; whatever was asked is noted with the time of its own answer. */
static void look(struct gap_watch *w)
{
	double now = clock_ms();
	struct haste haste;
	bool all;

	pthread_mutex_lock(&w->lock);
	all = w->wanted;
	w->wanted = false;
	haste = w->haste;
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->count; i++) {
		struct knock *k = &w->knocks[i];

		k->hold = all || w->timings[i].away;
		k->due = all || timing_is_due(&w->timings[i], &w->services[k->service], w->first[i],
					      k->began, now, &haste);
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

int gap_watch_start(struct gap_watch **ret, const struct knock *all, size_t count, int most_ms,
		    struct error *err)
{
	struct gap_watch *w = xcalloc(1, sizeof(*w));
	int r;

	take(w, all, count);
	w->haste.most_ms = most_ms;
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

static void begin(struct gap_watch *w, bool ahead)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->haste.since = clock_ms();
	w->haste.over = 0;
	w->haste.ahead = ahead;
	for (size_t i = 0; i < w->count; i++)
		if (w->timings[i].counts_from <= 0)
			w->timings[i].counts_from = w->haste.since;
	pthread_mutex_unlock(&w->lock);
}

void gap_watch_ahead(struct gap_watch *w)
{
	begin(w, true);
}

void gap_watch_hurry(struct gap_watch *w)
{
	begin(w, false);
}

void gap_watch_calm(struct gap_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->haste.over = w->haste.since > 0 ? clock_ms() : 0;
	w->haste.ahead = false;
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

/* The first place of its service is asked where it is not. */
static void speak_for(const struct gap_watch *w, size_t i, struct timing *t)
{
	const struct timing *first;
	size_t k = i;

	while (k > 0 && !(w->first[k] && w->knocks[k].service == w->knocks[i].service))
		k--;
	first = &w->timings[k];
	if (first->longest_ms < t->longest_ms)
		t->longest_ms = first->longest_ms;
	if (t->away)
		return;
	if (first->counts_from <= 0)
		t->counts_from = 0;
	t->answered = later(t->answered, first->answered);
}

struct timing gap_watch_look(struct gap_watch *w, size_t i)
{
	struct timing ret;

	pthread_mutex_lock(&w->lock);
	ret = w->timings[i];
	if (!w->first[i])
		speak_for(w, i, &ret);
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
