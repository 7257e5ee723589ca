// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How many files and connections the process may have open.
enum DescriptorLimit {
  /// Descriptors that are not connections: loops, the listener, standard streams, libraries.
  static let spare = 32

  /// Raises the soft limit to the hard one, which needs no privilege; answers what holds now.
  static func raise() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    limit.rlim_cur = limit.rlim_max
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return current
  }

  /// What holds now.
  static var current: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur)
  }
}
