// A call as TypeScript lays it out (../../engine/native/crew.ts).

#ifndef ZEROSKIP_CALLS_H
#define ZEROSKIP_CALLS_H

#include <stdint.h>

struct call {
  void (*run)(uint8_t *memory, const double *numbers);
  const double *numbers;
};

#endif
