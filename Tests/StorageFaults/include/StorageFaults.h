// SPDX-License-Identifier: Apache-2.0
// A file system layer of SQLite for tests: it stands before the system's, remembers what was written
// since the last sync of each file, and fails when it is told to.
#pragma once
#include <stdint.h>

/// What a layer does to a call.
enum faults_kind {
  faults_none,
  /// The call fails with an I/O error, nothing is done.
  faults_io,
  /// Writes fail for want of room.
  faults_full,
  /// Half of what is written is, then it fails for want of room.
  faults_short,
  /// Writes find no room; all else succeeds.
  faults_no_room,
  /// As `faults_io`, and a sync that fails loses what was written since the last one, as on ext4 and
  /// XFS: the next sync succeeds without it, and the file reads as if it were there.
  faults_dropping,
  /// The power goes: this call and all later ones fail, and none changes what the disk holds.
  faults_power,
  /// The power goes during the `first`th sync, when all of a commit is written and nothing is sure.
  faults_power_at_sync,
};

/// The files of a database.
enum faults_target {
  faults_database,
  faults_log,
};

/// One disk, which is also the name of a layer.
typedef struct faults_disk faults_disk;

/// Registers a layer of this name (it is copied); its files are real ones too.
faults_disk *faults_create(const char *name);
/// Takes the layer back; no file of it may be open.
void faults_destroy(faults_disk *disk);

/// The calls that may fail, since it was made or `faults_arm` was called.
int64_t faults_calls(faults_disk *disk);
/// Lets the calls from the `first`th on fail (counted from 1), so many of them; 0 heals the disk.
void faults_arm(faults_disk *disk, enum faults_kind kind, int64_t first, int64_t count);
/// Makes syncs say that they have done what they have not.
void faults_ignore_syncs(faults_disk *disk, int ignore);
/// Lets one sync of a file fail as with `faults_dropping`, the `which`th from now on (counted from 1),
/// whatever else is armed; 0 lets none.
void faults_drop_sync(faults_disk *disk, enum faults_target file, int64_t which);
/// Has each write to the database take so long: what two threads do at once is seldom else.
void faults_delay_database(faults_disk *disk, int microseconds);
/// The syncs that were asked for.
int64_t faults_syncs(faults_disk *disk);

/// Writes what a power loss now would leave into `directory`, one file for each of the disk's, under
/// its name without the path. What was synced is there; of each sector written since, and of each
/// change of a length, chance decides. Answers 0, or an errno.
int faults_lose_power(faults_disk *disk, const char *directory, uint64_t seed, int sector_bytes);
