// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sqlite3.h>

/// Whether a connection that is the last to close writes the write-ahead log back and removes it:
/// `sqlite3_db_config`, whose number of arguments varies, which Swift can't call.
static inline int sqlite3_write_back_on_close(sqlite3 *database, int is_wanted) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !is_wanted, (int *)0);
}
