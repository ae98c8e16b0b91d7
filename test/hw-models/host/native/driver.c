// Runs calls of native kernels that a test has written down, for builds that Node.js cannot load:
// driver FILE reads and rewrites FILE. FILE: the numbers of bytes of memory and of calls, as 64-bit
// integers, then for each call 64 bytes of name, 64 numbers as doubles, then the memory.

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_BYTES 64
#define MOST_NUMBERS 64

struct call {
  char name[NAME_BYTES];
  double numbers[MOST_NUMBERS];
};

static void require(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "driver: %s\n", what);
  exit(1);
}

int main(int count, char **arguments) {
  require(count == 2, "expected one file");
  FILE *file = fopen(arguments[1], "r+b");
  require(file != NULL, "the file cannot be opened");
  uint64_t sizes[2];
  require(fread(sizes, sizeof sizes, 1, file) == 1, "the file is too short");
  struct call *calls = malloc(sizes[1] * sizeof(struct call) + 1);
  uint8_t *memory = aligned_alloc(64, (sizes[0] + 63) / 64 * 64);
  require(calls && memory, "no memory");
  require(fread(calls, sizeof(struct call), sizes[1], file) == sizes[1], "calls are missing");
  const long behind = ftell(file);
  require(fread(memory, 1, sizes[0], file) == sizes[0], "memory is missing");
  for (uint64_t at = 0; at < sizes[1]; at++) {
    void (*run)(uint8_t *, const double *) = NULL;
    *(void **)&run = dlsym(RTLD_DEFAULT, calls[at].name);
    require(run != NULL, calls[at].name);
    run(memory, calls[at].numbers);
  }
  require(fseek(file, behind, SEEK_SET) == 0, "the file cannot be rewritten");
  require(fwrite(memory, 1, sizes[0], file) == sizes[0], "the file cannot be rewritten");
  require(fclose(file) == 0, "the file cannot be rewritten");
  int32_t (*floats)(void) = NULL;
  *(void **)&floats = dlsym(RTLD_DEFAULT, "zs_vector_floats");
  printf("%d\n", floats ? floats() : 0);
  return 0;
}
