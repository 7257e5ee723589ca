// SPDX-License-Identifier: Apache-2.0
// What the disk holds of a file, and what has been written since its last sync.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A change that the disk may or may not have: bytes at a place, or a new length.
struct image_change {
  struct image_change *next;
  int64_t offset;
  size_t count;
  int is_truncation;
  unsigned char bytes[];
};

struct image {
  struct image *next;
  char *path;
  unsigned char *bytes;
  int64_t length;
  int64_t capacity;
  /// The number of the last sync that failed and lost what was written.
  uint64_t dropped;
  struct image_change *first;
  struct image_change *last;
};

struct image *image_find(struct image **list, const char *path);
struct image *image_make(struct image **list, const char *path);
void image_remove(struct image **list, const char *path);
void image_note_write(struct image *image, const void *bytes, size_t count, int64_t offset);
void image_note_truncation(struct image *image, int64_t length);
/// What was written since the last sync is on the disk.
void image_sync(struct image *image);
/// What was written since the last sync never gets to the disk.
void image_drop(struct image *image);
/// Writes a file with a random subset of what was not synced.
int image_write_survivor(const struct image *image, const char *path, uint64_t *random, int sector);
