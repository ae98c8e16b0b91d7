// Threads that run a programme's steps together. Whoever finishes the last lane of a step opens
// the next one, so that a thread without a processor holds up no more than the lane it has taken.
// Threads that find nothing to take look for a while, then give way, then sleep.

#define _GNU_SOURCE
#include "calls.h"
#include "vector.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/** Calls run in turn by one thread: `calls` of a programme from `first` on. */
struct lane {
  const struct call *calls;
  int64_t count;
};

/** Lanes that may run at the same time. */
struct step {
  const struct lane *lanes;
  int64_t count;
};

/** Bytes that one processor's writing takes from the others. */
#define LINE 128

/** Looks before a thread gives way, and before it sleeps: about 20 and 200 µs on processors of today. */
#define LOOKS 1000
#define YIELDS 200

/**
 * A ticket is a step's number and which of its lanes nobody has taken, a bit each; of more lanes
 * than bits those a multiple of so many apart go together. Who wins the exchange of a ticket for
 * one without a bit has those lanes, and the step is on until they are done: it does not matter how
 * old the reading is.
 */
#define BITS 32

struct worker {
  struct crew *crew;
  /** From 1 on; whoever runs a programme is number 0. */
  int32_t thread;
  pthread_t handle;
};

struct crew {
  _Alignas(LINE) _Atomic uint64_t ticket;
  /** Lanes of the step that are not done. */
  _Alignas(LINE) _Atomic uint32_t left;
  /** Runs that have ended. */
  _Alignas(LINE) _Atomic uint64_t ended;
  _Atomic bool stopping;
  /** Times that sleepers were called. */
  _Atomic uint32_t calls;
  _Atomic int32_t sleepers;
  /** Whether the thread that runs a programme is one of them. */
  _Atomic bool caller_sleeps;
  /** Of the run that is on; written while no step is. */
  uint8_t *memory;
  const struct step *steps;
  int64_t count;
  uint32_t first;
  double start;
  double *ends;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  /** The processor that whoever runs programmes was last seen on; -1: none yet. */
  int32_t caller_cpu;
  int32_t workers;
  struct worker worker[];
};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static uint32_t step_of(uint64_t ticket) { return (uint32_t)(ticket >> BITS); }
static uint32_t free_of(uint64_t ticket) { return (uint32_t)ticket; }

/**
 * Which of `lanes` a thread takes: the one of its own number where it can, since what the same lane
 * of the step before wrote is still in its cache.
 */
static int choose(uint32_t lanes, int32_t thread) {
  const int own = thread % BITS;
  return (lanes >> own) & 1u ? own : __builtin_ctz(lanes);
}

static void wake(struct crew *crew) {
  if (atomic_load(&crew->sleepers) == 0) return;
  pthread_mutex_lock(&crew->mutex);
  pthread_cond_broadcast(&crew->changed);
  pthread_mutex_unlock(&crew->mutex);
}

/** Opens step `at` of the run but for the lane that is returned, the caller's. */
static int open_step(struct crew *crew, int64_t at, int32_t thread) {
  const int64_t count = crew->steps[at].count;
  const int32_t bits = count < BITS ? (int32_t)count : BITS;
  const uint32_t all = (uint32_t)((UINT64_C(1) << bits) - 1u);
  const int own = choose(all, thread);
  atomic_store_explicit(&crew->left, (uint32_t)bits, memory_order_relaxed);
  atomic_store(&crew->ticket,
               ((uint64_t)(crew->first + (uint32_t)at) << BITS) | (all & ~(1u << own)));
  if (bits > 1) wake(crew);
  return own;
}

/** Runs the lanes of a bit that is the caller's, and of every later step's that becomes so. */
static void run_lanes(struct crew *crew, int64_t at, int bit, int32_t thread) {
  for (;;) {
    uint8_t *const memory = crew->memory;
    const struct step step = crew->steps[at];
    for (int64_t lane = bit; lane < step.count; lane += BITS) {
      const struct lane one = step.lanes[lane];
      for (int64_t call = 0; call < one.count; call++)
        one.calls[call].run(memory, one.calls[call].numbers);
    }
    if (atomic_fetch_sub(&crew->left, 1) > 1) return;
    crew->ends[at] = seconds() - crew->start;
    if (++at == crew->count) {
      atomic_fetch_add(&crew->ended, 1);
      if (atomic_load(&crew->caller_sleeps)) wake(crew);
      return;
    }
    bit = open_step(crew, at, thread);
  }
}

/** Takes and runs some of a ticket's lanes; false where another was faster. */
static bool take(struct crew *crew, uint64_t ticket, int32_t thread) {
  const int bit = choose(free_of(ticket), thread);
  if (!atomic_compare_exchange_strong(&crew->ticket, &ticket, ticket & ~(UINT64_C(1) << bit)))
    return false;
  run_lanes(crew, step_of(ticket) - crew->first, bit, thread);
  return true;
}

/** Until there is a lane, `runs` have ended, or someone calls. */
static void nap(struct crew *crew, uint64_t runs, int32_t thread) {
  pthread_mutex_lock(&crew->mutex);
  const uint32_t calls = atomic_load(&crew->calls);
  if (thread == 0) atomic_store(&crew->caller_sleeps, true);
  atomic_fetch_add(&crew->sleepers, 1);
  while (free_of(atomic_load(&crew->ticket)) == 0 && atomic_load(&crew->ended) < runs &&
         atomic_load(&crew->calls) == calls && !atomic_load(&crew->stopping))
    pthread_cond_wait(&crew->changed, &crew->mutex);
  atomic_fetch_sub(&crew->sleepers, 1);
  if (thread == 0) atomic_store(&crew->caller_sleeps, false);
  pthread_mutex_unlock(&crew->mutex);
}

/** Takes lanes until `runs` have ended, or it is told to stop. */
static void work(struct crew *crew, uint64_t runs, int32_t thread) {
  int looks = 0;
  for (;;) {
    const uint64_t ticket = atomic_load(&crew->ticket);
    if (free_of(ticket) != 0) {
      if (take(crew, ticket, thread)) looks = 0;
      continue;
    }
    if (atomic_load(&crew->ended) >= runs || atomic_load(&crew->stopping)) return;
    looks++;
    if (looks < LOOKS) {
      relax();
    } else if (looks < LOOKS + YIELDS) {
      sched_yield();
    } else {
      nap(crew, runs, thread);
      looks = 0;
    }
  }
}

static void *work_always(void *given) {
  const struct worker *const own = given;
  work(own->crew, UINT64_MAX, own->thread);
  return NULL;
}

/**
 * Keeps workers off the processor of whoever runs a programme. A thread that is woken there, as the
 * system likes to, waits for its turn while another processor has nothing to do.
 */
static void leave_callers_processor(struct crew *crew) {
#if defined(__linux__)
  const int32_t cpu = sched_getcpu();
  if (cpu < 0 || cpu == crew->caller_cpu) return;
  crew->caller_cpu = cpu;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  CPU_CLR((size_t)cpu, &allowed);
  if (CPU_COUNT(&allowed) == 0) return;
  for (int32_t at = 0; at < crew->workers; at++)
    (void)pthread_setaffinity_np(crew->worker[at].handle, sizeof allowed, &allowed);
#else
  (void)crew;
#endif
}

/** A crew of the caller and `workers` threads, or of fewer where the system gives no more. */
ZS_EXPORT struct crew *zs_crew_start(int32_t workers) {
  const size_t bytes = sizeof(struct crew) + (size_t)workers * sizeof(struct worker);
  struct crew *crew = aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE);
  if (!crew) return NULL;
  memset(crew, 0, bytes);
  crew->caller_cpu = -1;
  pthread_mutex_init(&crew->mutex, NULL);
  pthread_cond_init(&crew->changed, NULL);
  for (; crew->workers < workers; crew->workers++) {
    struct worker *const own = &crew->worker[crew->workers];
    own->crew = crew;
    own->thread = crew->workers + 1;
    if (pthread_create(&own->handle, NULL, work_always, own) != 0) break;
  }
  return crew;
}

/**
 * Runs `count` steps over one memory, one after the other; `ends` becomes the seconds from here
 * until each was done.
 */
ZS_EXPORT void zs_crew_run(struct crew *crew, uint8_t *memory, const struct step *steps,
                           int64_t count, double *ends) {
  const uint64_t runs = atomic_load(&crew->ended) + 1;
  leave_callers_processor(crew);
  crew->memory = memory;
  crew->steps = steps;
  crew->count = count;
  crew->ends = ends;
  crew->first = step_of(atomic_load(&crew->ticket)) + 1;
  crew->start = seconds();
  run_lanes(crew, 0, open_step(crew, 0, 0), 0);
  work(crew, runs, 0);
}

/**
 * Wakes sleepers, so that a run that follows soon finds them looking; waits for that at most as
 * long as giving way `yields` times takes.
 */
ZS_EXPORT void zs_crew_rouse(struct crew *crew, int32_t yields) {
  leave_callers_processor(crew);
  atomic_fetch_add(&crew->calls, 1);
  wake(crew);
  for (int32_t at = 0; at < yields && atomic_load(&crew->sleepers) > 0; at++) sched_yield();
}

ZS_EXPORT void zs_crew_stop(struct crew *crew) {
  atomic_store(&crew->stopping, true);
  wake(crew);
  for (int32_t at = 0; at < crew->workers; at++) pthread_join(crew->worker[at].handle, NULL);
  pthread_cond_destroy(&crew->changed);
  pthread_mutex_destroy(&crew->mutex);
  free(crew);
}
