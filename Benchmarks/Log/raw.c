// SPDX-License-Identifier: Apache-2.0
// What stands beside Weir's store: SQLite used as plainly as can be, and the disk itself.
//
// Usage: raw sync FILE SECONDS                   writes 4 KiB and syncs, again and again
//        raw publish FILE SECONDS LEVEL BATCH    inserts rows as the store has them, BATCH a
//                                                transaction, at `synchronous` FULL or NORMAL
//        raw read FILE                           goes through all entries of a store by one SELECT
//
// Prints one JSON object: how many a second, and the processor time of each.
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD_BYTES = 128, WRITE_BYTES = 4096, LOG_BYTES = 4 << 20 };

static void fail(const char *what, const char *why) {
  fprintf(stderr, "error: raw: %s: %s\n", what, why);
  exit(1);
}

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report(int64_t count, double began, double used) {
  double seconds = now(CLOCK_MONOTONIC) - began;
  double processor = now(CLOCK_PROCESS_CPUTIME_ID) - used;
  printf("{\"count\":%lld,\"perSecond\":%.3f,\"processorMicroseconds\":%.4f}\n", (long long)count,
         (double)count / seconds, processor / (double)count * 1e6);
}

// Goes over the same 4 MiB, as a write-ahead log does.
static void measure_sync(const char *path, double seconds) {
  static char bytes[WRITE_BYTES];
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ftruncate(file, LOG_BYTES) != 0) fail(path, strerror(errno));
  double began = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
  int64_t count = 0;
  while (now(CLOCK_MONOTONIC) - began < seconds) {
    memset(bytes, (int)(count % 251), sizeof bytes);
    off_t place = count % (LOG_BYTES / WRITE_BYTES) * WRITE_BYTES;
    if (pwrite(file, bytes, sizeof bytes, place) != sizeof bytes) fail(path, strerror(errno));
    if (fdatasync(file) != 0) fail(path, strerror(errno));
    count++;
  }
  report(count, began, used);
  close(file);
}

static void check(int code, sqlite3 *database) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
    fail("SQLite", sqlite3_errmsg(database));
  }
}

static void run(sqlite3 *database, const char *sql) {
  check(sqlite3_exec(database, sql, NULL, NULL, NULL), database);
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement = NULL;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), database);
  return statement;
}

static sqlite3 *open_new(const char *path, const char *level) {
  sqlite3 *database = NULL;
  char synchronous[64];
  snprintf(synchronous, sizeof synchronous, "PRAGMA synchronous = %s", level);
  check(sqlite3_open(path, &database), database);
  run(database, "PRAGMA auto_vacuum = INCREMENTAL");
  run(database, "PRAGMA journal_mode = WAL");
  run(database, synchronous);
  run(database, "PRAGMA cache_size = -8192");
  run(database,
      "CREATE TABLE entries (id INTEGER PRIMARY KEY, appended INTEGER NOT NULL,"
      " position INTEGER NOT NULL, format INTEGER NOT NULL, checksum INTEGER NOT NULL,"
      " payload BLOB NOT NULL) STRICT");
  return database;
}

static void measure_publish(const char *path, double seconds, const char *level, int64_t batch) {
  sqlite3 *database = open_new(path, level);
  sqlite3_stmt *insert =
      prepare(database, "INSERT INTO entries VALUES (?1, ?2, ?3, 1, ?4, ?5)");
  char payload[PAYLOAD_BYTES];
  memset(payload, 42, sizeof payload);
  double began = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
  int64_t rows = 0;
  while (now(CLOCK_MONOTONIC) - began < seconds) {
    run(database, "BEGIN IMMEDIATE");
    for (int64_t index = 0; index < batch; index++) {
      rows++;
      sqlite3_bind_int64(insert, 1, 1LL << 44 | rows);
      sqlite3_bind_int64(insert, 2, 1700000000000);
      sqlite3_bind_int64(insert, 3, rows * (PAYLOAD_BYTES + 48));
      sqlite3_bind_int64(insert, 4, INT64_MAX - rows);
      sqlite3_bind_blob(insert, 5, payload, sizeof payload, SQLITE_STATIC);
      check(sqlite3_step(insert), database);
      sqlite3_reset(insert);
    }
    run(database, "COMMIT");
  }
  report(rows, began, used);
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

// One SELECT, row after row.
static void measure_read(const char *path) {
  sqlite3 *database = NULL;
  check(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), database);
  run(database, "PRAGMA cache_size = -8192");
  sqlite3_stmt *select = prepare(
      database,
      "SELECT id, appended, position, format, checksum, payload FROM entries"
      " WHERE id >= ?1 ORDER BY id");
  sqlite3_bind_int64(select, 1, 0);
  double began = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
  int64_t rows = 0;
  uint64_t sum = 0;
  static char copy[1 << 16];
  int code;
  while ((code = sqlite3_step(select)) == SQLITE_ROW) {
    rows++;
    for (int column = 0; column < 5; column++) {
      sum += (uint64_t)sqlite3_column_int64(select, column);
    }
    size_t count = (size_t)sqlite3_column_bytes(select, 5);
    memcpy(copy, sqlite3_column_blob(select, 5), count < sizeof copy ? count : sizeof copy);
  }
  check(code, database);
  if (rows == 0 || sum == 0) fail(path, "no entries");
  report(rows, began, used);
  sqlite3_finalize(select);
  sqlite3_close(database);
}

int main(int count, char **words) {
  if (count == 4 && strcmp(words[1], "sync") == 0) {
    measure_sync(words[2], atof(words[3]));
  } else if (count == 6 && strcmp(words[1], "publish") == 0 && atoll(words[5]) > 0) {
    measure_publish(words[2], atof(words[3]), words[4], atoll(words[5]));
  } else if (count == 3 && strcmp(words[1], "read") == 0) {
    measure_read(words[2]);
  } else {
    fputs("usage: raw sync FILE SECONDS | publish FILE SECONDS LEVEL BATCH | read FILE\n", stderr);
    return 2;
  }
  return 0;
}
