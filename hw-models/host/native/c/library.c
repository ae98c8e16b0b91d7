// The memory's pages, and what the library says of itself.

#define _DEFAULT_SOURCE
#include "vector.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

/**
 * Asks for large pages, which kernels that go through weights in no order find sooner. A system
 * without them goes on as it is.
 */
ZS_EXPORT void zs_use_large_pages(uint8_t *memory, uint64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  (void)madvise(memory, bytes, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

/** `runs` runs of `bytes` bytes each, from one to the next so many bytes. */
ZS_EXPORT void zs_copy(uint8_t *to, int64_t to_step, const uint8_t *from, int64_t from_step,
                       int64_t runs, int64_t bytes) {
  if (bytes == 0) return;
  for (int64_t run = 0; run < runs; run++, to += to_step, from += from_step)
    memcpy(to, from, (size_t)bytes);
}

/** Floats in a vector. */
ZS_EXPORT int32_t zs_vector_floats(void) { return VF; }

/** What the vectors are made of. */
ZS_EXPORT const char *zs_instructions(void) { return ZS_INSTRUCTIONS; }
