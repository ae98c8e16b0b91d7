// Lists of calls, run in turn, and what the library says of itself.

#include "vector.h"

struct call {
  void (*run)(uint8_t *memory, const double *numbers);
  const double *numbers;
};

/** Runs `count` calls over one memory. */
ZS_EXPORT void zs_run(uint8_t *memory, const struct call *calls, int64_t count) {
  for (int64_t at = 0; at < count; at++) calls[at].run(memory, calls[at].numbers);
}

/** Floats in a vector. */
ZS_EXPORT int32_t zs_vector_floats(void) { return VF; }

/** What the vectors are made of. */
ZS_EXPORT const char *zs_instructions(void) { return ZS_INSTRUCTIONS; }
