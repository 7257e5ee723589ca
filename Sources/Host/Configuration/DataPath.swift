// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc

/// The place of what is stored, looked at before it is used: most that goes wrong there is a slip in a
/// command line, and no fault of a disk.
enum DataPath {
  /// Refuses a path that can't be a data directory.
  ///
  /// - Throws: ``ConfigurationViolation`` of the field `data`, with what helps.
  static func check(_ path: String) throws(ConfigurationViolation) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw violation(path, Self.text(of: errno)) }
      return try checkParent(of: path)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw violation(path, "is no directory", "name one, which is made if it is not there")
    }
    guard mayUse(path, R_OK | W_OK | X_OK) else {
      throw violation(
        path,
        "can't be read and written by this user",
        "make it this user's with chown, or name another directory"
      )
    }
  }

  private static func checkParent(of path: String) throws(ConfigurationViolation) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true)
    _ = parts.popLast()
    let name = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    let parent = name.isEmpty ? "." : name
    guard access(parent, F_OK) == 0 else {
      throw violation(
        path,
        "can't be made, since '\(parent)' is not there",
        "make that with mkdir -p, or name another directory"
      )
    }
    guard mayUse(parent, W_OK | X_OK) else {
      throw violation(
        path,
        "can't be made, since this user may not write into '\(parent)'",
        "make it and chown it to this user, or name another directory"
      )
    }
  }

  /// Whether this user may do so much; of a disk that nobody may write to, the store tells.
  private static func mayUse(_ path: String, _ what: CInt) -> Bool {
    access(path, what) == 0 || errno == EROFS
  }

  private static func violation(
    _ path: String,
    _ detail: String,
    _ remedy: String = "name another directory"
  ) -> ConfigurationViolation {
    ConfigurationViolation(field: "data (--data)", detail: "'\(path)' \(detail): \(remedy)")
  }

  private static func text(of code: CInt) -> String {
    "can't be used (\(String(cString: strerror(code))))"
  }
}
