// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "StorageFaults.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image.h"

struct faults_disk {
  sqlite3_vfs vfs;
  sqlite3_vfs *below;
  char *name;
  pthread_mutex_t mutex;
  struct image *images;
  enum faults_kind kind;
  int64_t first;
  int64_t count;
  int64_t calls;
  int64_t syncs;
  int64_t syncs_when_armed;
  int ignores_syncs;
  /// Syncs that have failed and lost what they should have made last.
  uint64_t drops;
  /// Which file's sync fails so, and at the how manieth from now on; 0 is none.
  enum faults_target dropping_file;
  int64_t dropping_sync;
  int database_delay;
};

/// An open file: SQLite's part first, then ours, then the one below.
struct faults_file {
  sqlite3_file base;
  faults_disk *disk;
  /// Whether it outlives a power loss: the database, its log and its journal.
  int is_kept;
  enum faults_target which;
  char path[1024];
  /// The last such sync that it was told of.
  uint64_t seen_drops;
  sqlite3_file *below;
};

static struct faults_file *own(sqlite3_file *file) { return (struct faults_file *)file; }

/// What becomes of this call; counts it.
static enum faults_kind judge(faults_disk *disk) {
  int64_t call = ++disk->calls;
  if (disk->kind == faults_none || disk->kind == faults_power_at_sync || call < disk->first) return faults_none;
  if (disk->kind != faults_power && call >= disk->first + disk->count) return faults_none;
  return disk->kind;
}

/// Whether the call itself fails, whatever it is.
static int fails(enum faults_kind kind) {
  return kind == faults_io || kind == faults_dropping || kind == faults_power;
}

/// Whether a write finds no room.
static int finds_no_room(enum faults_kind kind) {
  return kind == faults_full || kind == faults_short || kind == faults_no_room;
}

static void lock(faults_disk *disk) { pthread_mutex_lock(&disk->mutex); }
static void unlock(faults_disk *disk) { pthread_mutex_unlock(&disk->mutex); }

static int file_close(sqlite3_file *file) {
  struct faults_file *own_file = own(file);
  int code = own_file->below->pMethods ? own_file->below->pMethods->xClose(own_file->below) : SQLITE_OK;
  return code;
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  struct faults_file *own_file = own(file);
  lock(own_file->disk);
  enum faults_kind kind = own_file->is_kept ? judge(own_file->disk) : faults_none;
  unlock(own_file->disk);
  if (fails(kind)) return SQLITE_IOERR_READ;
  return own_file->below->pMethods->xRead(own_file->below, bytes, count, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  struct faults_file *own_file = own(file);
  sqlite3_file *below = own_file->below;
  if (!own_file->is_kept) return below->pMethods->xWrite(below, bytes, count, offset);
  faults_disk *disk = own_file->disk;
  if (disk->database_delay && own_file->which == faults_database) usleep((useconds_t)disk->database_delay);
  lock(disk);
  enum faults_kind kind = judge(disk);
  int written = kind == faults_none ? count : kind == faults_short ? count / 2 : 0;
  int code = SQLITE_OK;
  if (written) code = below->pMethods->xWrite(below, bytes, written, offset);
  if (written && code == SQLITE_OK)
    image_note_write(image_make(&disk->images, own_file->path), bytes, (size_t)written, offset);
  unlock(disk);
  if (finds_no_room(kind)) return SQLITE_FULL;
  if (kind != faults_none) return SQLITE_IOERR_WRITE;
  return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 length) {
  struct faults_file *own_file = own(file);
  sqlite3_file *below = own_file->below;
  if (!own_file->is_kept) return below->pMethods->xTruncate(below, length);
  faults_disk *disk = own_file->disk;
  lock(disk);
  enum faults_kind kind = judge(disk);
  int code = SQLITE_IOERR_TRUNCATE;
  if (kind == faults_none || finds_no_room(kind)) {
    code = below->pMethods->xTruncate(below, length);
    if (code == SQLITE_OK)
      image_note_truncation(image_make(&disk->images, own_file->path), length);
  }
  unlock(disk);
  return code;
}

/// Whether this is the sync that was chosen to fail.
static int is_chosen(struct faults_file *file) {
  faults_disk *disk = file->disk;
  if (!disk->dropping_sync || file->which != disk->dropping_file) return 0;
  return --disk->dropping_sync == 0;
}

/// What a failed sync does on Linux: what was written counts as clean and is forgotten, and each
/// descriptor is told of it once. The system still reads what the disk does not have.
static enum faults_kind judge_sync(struct faults_file *file, struct image *image) {
  faults_disk *disk = file->disk;
  enum faults_kind kind = judge(disk);
  if (kind == faults_no_room) kind = faults_none;
  if (kind == faults_none && is_chosen(file)) kind = faults_dropping;
  if (kind == faults_dropping) {
    image_drop(image);
    image->dropped = ++disk->drops;
  }
  int is_told = file->seen_drops < image->dropped;
  if (kind == faults_none && !disk->ignores_syncs) image_sync(image);
  file->seen_drops = disk->drops;
  return kind == faults_none && is_told ? faults_io : kind;
}

static int file_sync(sqlite3_file *file, int flags) {
  (void)flags;
  struct faults_file *own_file = own(file);
  if (!own_file->is_kept) return SQLITE_OK;
  faults_disk *disk = own_file->disk;
  lock(disk);
  disk->syncs++;
  if (disk->kind == faults_power_at_sync && disk->syncs - disk->syncs_when_armed >= disk->first) {
    disk->kind = faults_power;
    disk->first = 0;
  }
  // The real file is only there to be read again by this process: it needs no sync.
  enum faults_kind kind = judge_sync(own_file, image_make(&disk->images, own_file->path));
  unlock(disk);
  return kind == faults_none ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *length) {
  return own(file)->below->pMethods->xFileSize(own(file)->below, length);
}
static int file_lock(sqlite3_file *file, int level) {
  return own(file)->below->pMethods->xLock(own(file)->below, level);
}
static int file_unlock(sqlite3_file *file, int level) {
  return own(file)->below->pMethods->xUnlock(own(file)->below, level);
}
static int file_check_lock(sqlite3_file *file, int *is_reserved) {
  return own(file)->below->pMethods->xCheckReservedLock(own(file)->below, is_reserved);
}
static int file_control(sqlite3_file *file, int operation, void *argument) {
  // Lengths that SQLite sets in advance would pass by what is remembered here.
  if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE)
    return SQLITE_OK;
  return own(file)->below->pMethods->xFileControl(own(file)->below, operation, argument);
}
static int file_sector(sqlite3_file *file) {
  return own(file)->below->pMethods->xSectorSize(own(file)->below);
}
static int file_features(sqlite3_file *file) {
  return own(file)->below->pMethods->xDeviceCharacteristics(own(file)->below);
}
static int file_map(sqlite3_file *file, int page, int bytes, int extend, void volatile **place) {
  return own(file)->below->pMethods->xShmMap(own(file)->below, page, bytes, extend, place);
}
static int file_shared_lock(sqlite3_file *file, int offset, int count, int flags) {
  return own(file)->below->pMethods->xShmLock(own(file)->below, offset, count, flags);
}
static void file_barrier(sqlite3_file *file) {
  own(file)->below->pMethods->xShmBarrier(own(file)->below);
}
static int file_unmap(sqlite3_file *file, int remove) {
  return own(file)->below->pMethods->xShmUnmap(own(file)->below, remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_features,
    .xShmMap = file_map,
    .xShmLock = file_shared_lock,
    .xShmBarrier = file_barrier,
    .xShmUnmap = file_unmap,
};

static faults_disk *disk_of(sqlite3_vfs *vfs) { return vfs->pAppData; }

static int disk_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
  faults_disk *disk = disk_of(vfs);
  struct faults_file *opened = own(file);
  memset(opened, 0, sizeof *opened);
  opened->disk = disk;
  opened->below = (sqlite3_file *)(opened + 1);
  opened->is_kept =
      path && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  opened->which = flags & SQLITE_OPEN_WAL ? faults_log : faults_database;
  if (path) snprintf(opened->path, sizeof opened->path, "%s", path);
  if (opened->is_kept) {
    lock(disk);
    enum faults_kind kind = judge(disk);
    opened->seen_drops = disk->drops;
    unlock(disk);
    if (fails(kind)) return SQLITE_CANTOPEN;
  }
  int code = disk->below->xOpen(disk->below, path, opened->below, flags, out_flags);
  if (opened->below->pMethods) opened->base.pMethods = &methods;
  return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
  faults_disk *disk = disk_of(vfs);
  lock(disk);
  enum faults_kind kind = judge(disk);
  int code = SQLITE_IOERR_DELETE;
  if (!fails(kind)) {
    code = disk->below->xDelete(disk->below, path, sync_directory);
    if (code == SQLITE_OK) image_remove(&disk->images, path);
  }
  unlock(disk);
  return code;
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  return disk_of(vfs)->below->xAccess(disk_of(vfs)->below, path, flags, result);
}
static int disk_full_path(sqlite3_vfs *vfs, const char *path, int count, char *result) {
  return disk_of(vfs)->below->xFullPathname(disk_of(vfs)->below, path, count, result);
}
static int disk_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
  return disk_of(vfs)->below->xRandomness(disk_of(vfs)->below, count, bytes);
}
static int disk_sleep(sqlite3_vfs *vfs, int microseconds) {
  return disk_of(vfs)->below->xSleep(disk_of(vfs)->below, microseconds);
}
static int disk_time(sqlite3_vfs *vfs, double *time) {
  return disk_of(vfs)->below->xCurrentTime(disk_of(vfs)->below, time);
}
static int disk_error(sqlite3_vfs *vfs, int count, char *text) {
  return disk_of(vfs)->below->xGetLastError(disk_of(vfs)->below, count, text);
}
static int disk_precise_time(sqlite3_vfs *vfs, sqlite3_int64 *time) {
  return disk_of(vfs)->below->xCurrentTimeInt64(disk_of(vfs)->below, time);
}

faults_disk *faults_create(const char *name) {
  sqlite3_initialize();
  faults_disk *disk = calloc(1, sizeof *disk);
  disk->name = strdup(name);
  disk->below = sqlite3_vfs_find(NULL);
  pthread_mutex_init(&disk->mutex, NULL);
  disk->vfs = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = (int)sizeof(struct faults_file) + disk->below->szOsFile,
      .mxPathname = disk->below->mxPathname,
      .zName = disk->name,
      .pAppData = disk,
      .xOpen = disk_open,
      .xDelete = disk_delete,
      .xAccess = disk_access,
      .xFullPathname = disk_full_path,
      .xRandomness = disk_randomness,
      .xSleep = disk_sleep,
      .xCurrentTime = disk_time,
      .xGetLastError = disk_error,
      .xCurrentTimeInt64 = disk_precise_time,
  };
  sqlite3_vfs_register(&disk->vfs, 0);
  return disk;
}

void faults_destroy(faults_disk *disk) {
  sqlite3_vfs_unregister(&disk->vfs);
  while (disk->images) image_remove(&disk->images, disk->images->path);
  pthread_mutex_destroy(&disk->mutex);
  free(disk->name);
  free(disk);
}

int64_t faults_calls(faults_disk *disk) {
  lock(disk);
  int64_t calls = disk->calls;
  unlock(disk);
  return calls;
}

void faults_arm(faults_disk *disk, enum faults_kind kind, int64_t first, int64_t count) {
  lock(disk);
  disk->calls = 0;
  disk->kind = count ? kind : faults_none;
  disk->first = first;
  disk->syncs_when_armed = disk->syncs;
  disk->count = count;
  unlock(disk);
}

void faults_ignore_syncs(faults_disk *disk, int ignore) {
  lock(disk);
  disk->ignores_syncs = ignore;
  unlock(disk);
}

void faults_drop_sync(faults_disk *disk, enum faults_target file, int64_t which) {
  lock(disk);
  disk->dropping_file = file;
  disk->dropping_sync = which;
  unlock(disk);
}

void faults_delay_database(faults_disk *disk, int microseconds) { disk->database_delay = microseconds; }

int64_t faults_syncs(faults_disk *disk) {
  lock(disk);
  int64_t syncs = disk->syncs;
  unlock(disk);
  return syncs;
}

int faults_lose_power(faults_disk *disk, const char *directory, uint64_t seed, int sector_bytes) {
  int code = 0;
  lock(disk);
  for (struct image *image = disk->images; image && !code; image = image->next) {
    const char *slash = strrchr(image->path, '/');
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", directory, slash ? slash + 1 : image->path);
    code = image_write_survivor(image, path, &seed, sector_bytes);
  }
  unlock(disk);
  return code;
}
