// SPDX-License-Identifier: Apache-2.0
// Counts what a process allocates: loaded before the C library with LD_PRELOAD, as
// `script/bench allocations` does. A call of realloc counts as one allocation.
//
// With WEIR_ALLOCATIONS=FILE the count stands in the first 8 bytes of that file, which exists, for
// others to read while the process runs.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t own;
static _Atomic uint64_t *allocations = &own;

static void count(void) { atomic_fetch_add_explicit(allocations, 1, memory_order_relaxed); }

__attribute__((constructor)) static void share(void) {
  const char *name = getenv("WEIR_ALLOCATIONS");
  if (name == NULL) return;
  int file = open(name, O_RDWR);
  if (file < 0 || ftruncate(file, sizeof own) != 0) abort();
  void *shared = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (shared == MAP_FAILED) abort();
  close(file);
  allocations = shared;
}

/// How many there were since the process began, or since the file is counted in.
uint64_t weir_allocations(void) { return atomic_load_explicit(allocations, memory_order_relaxed); }

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *out = memory;
  return 0;
}
