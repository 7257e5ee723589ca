// SPDX-License-Identifier: Apache-2.0
// What the machine does to a thread that never waits: how late a loop over nothing but the clock is
// at instants that lie evenly. Beside it stands what Weir adds.
#include <stdint.h>
#include <time.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/// Spins until `count` instants have passed, `step` nanoseconds apart; writes down how late it was
/// at each, in nanoseconds.
void weir_spin(int64_t step, int64_t count, int64_t *late) {
  int64_t next = now() + step;
  for (int64_t index = 0; index < count; index++) {
    int64_t instant = now();
    while (instant < next) instant = now();
    late[index] = instant - next;
    next += step;
  }
}
