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

/** Floats in a vector. */
ZS_EXPORT int32_t zs_vector_floats(void) { return VF; }

/** What the vectors are made of. */
ZS_EXPORT const char *zs_instructions(void) { return ZS_INSTRUCTIONS; }
