// SPDX-License-Identifier: Apache-2.0
#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image *image_find(struct image **list, const char *path) {
  for (struct image *image = *list; image; image = image->next)
    if (strcmp(image->path, path) == 0) return image;
  return NULL;
}

struct image *image_make(struct image **list, const char *path) {
  struct image *image = image_find(list, path);
  if (image) return image;
  image = calloc(1, sizeof *image);
  image->path = strdup(path);
  image->next = *list;
  *list = image;
  return image;
}

static void forget_changes(struct image *image) {
  while (image->first) {
    struct image_change *next = image->first->next;
    free(image->first);
    image->first = next;
  }
  image->last = NULL;
}

void image_remove(struct image **list, const char *path) {
  for (struct image **place = list; *place; place = &(*place)->next) {
    struct image *image = *place;
    if (strcmp(image->path, path) != 0) continue;
    *place = image->next;
    forget_changes(image);
    free(image->bytes);
    free(image->path);
    free(image);
    return;
  }
}

static void append(struct image *image, struct image_change *change) {
  change->next = NULL;
  if (image->last) image->last->next = change;
  else image->first = change;
  image->last = change;
}

void image_note_write(struct image *image, const void *bytes, size_t count, int64_t offset) {
  struct image_change *change = malloc(sizeof *change + count);
  change->offset = offset;
  change->count = count;
  change->is_truncation = 0;
  memcpy(change->bytes, bytes, count);
  append(image, change);
}

void image_note_truncation(struct image *image, int64_t length) {
  struct image_change *change = malloc(sizeof *change);
  change->offset = length;
  change->count = 0;
  change->is_truncation = 1;
  append(image, change);
}

static void reserve(struct image *image, int64_t length) {
  if (length > image->capacity) {
    int64_t capacity = length * 2;
    image->bytes = realloc(image->bytes, (size_t)capacity);
    image->capacity = capacity;
  }
  if (length > image->length) {
    memset(image->bytes + image->length, 0, (size_t)(length - image->length));
    image->length = length;
  }
}

static void put(struct image *image, const unsigned char *bytes, size_t count, int64_t offset) {
  reserve(image, offset + (int64_t)count);
  memcpy(image->bytes + offset, bytes, count);
}

static void truncate_image(struct image *image, int64_t length) {
  if (length < image->length) image->length = length;
}

void image_sync(struct image *image) {
  for (struct image_change *change = image->first; change; change = change->next) {
    if (change->is_truncation) truncate_image(image, change->offset);
    else put(image, change->bytes, change->count, change->offset);
  }
  forget_changes(image);
}

void image_drop(struct image *image) { forget_changes(image); }

/// SplitMix64.
static uint64_t draw(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// Puts those sectors of a write that survive.
static void put_sectors(
    struct image *image, const struct image_change *change, uint64_t *random, uint64_t percent,
    int sector) {
  int64_t from = change->offset;
  int64_t end = change->offset + (int64_t)change->count;
  while (from < end) {
    int64_t border = (from / sector + 1) * sector;
    int64_t to = border < end ? border : end;
    if (draw(random) % 100 < percent)
      put(image, change->bytes + (from - change->offset), (size_t)(to - from), from);
    from = to;
  }
}

int image_write_survivor(
    const struct image *source, const char *path, uint64_t *random, int sector) {
  struct image survivor = {0};
  reserve(&survivor, source->length);
  if (source->length) memcpy(survivor.bytes, source->bytes, (size_t)source->length);
  // Nothing, little, half, nearly all or all of it: each shows other mistakes.
  static const uint64_t chances[] = {0, 10, 50, 90, 100};
  uint64_t percent = chances[draw(random) % 5];
  for (const struct image_change *change = source->first; change; change = change->next) {
    if (!change->is_truncation) put_sectors(&survivor, change, random, percent, sector);
    else if (draw(random) % 100 < percent) truncate_image(&survivor, change->offset);
  }
  FILE *file = fopen(path, "wb");
  if (!file) return errno;
  size_t length = (size_t)survivor.length;
  int failed = length && fwrite(survivor.bytes, 1, length, file) != length;
  free(survivor.bytes);
  return fclose(file) != 0 || failed ? EIO : 0;
}
