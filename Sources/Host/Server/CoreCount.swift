// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The machine as the server sees it.
enum Machine {
  /// How many cores the process may run on, at least one.
  static var coreCount: Int {
    max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }
}
