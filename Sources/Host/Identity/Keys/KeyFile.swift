// SPDX-License-Identifier: Apache-2.0
import Codecs
import Glibc

/// A file of keys: small, and perhaps replaced while it is used.
enum KeyFile {
  /// What tells that a file is another one, or has been written anew.
  struct Mark: Equatable {
    private let device: dev_t
    private let inode: ino_t
    private let size: off_t
    /// When it was written, as the kernel's bytes; they are only compared.
    private let modified: [UInt8]

    /// Looks at what is at a path, through links; `nil` when nothing is.
    init?(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, inode, size) = (status.st_dev, status.st_ino, status.st_size)
      modified = withUnsafeBytes(of: status.st_mtim) { Array($0) }
    }
  }

  /// Reads a whole file of at most 256 KiB.
  static func read(_ path: String, of source: KeySource) throws(KeySourceFailure) -> [UInt8] {
    // Without waiting for a writer, if it is a pipe.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw KeySourceFailure(
        source,
        "can't be opened: \(String(cString: strerror(errno)))",
        remedy: "name a file that exists and that this user may read"
      )
    }
    defer { close(descriptor) }
    guard FileStatus(descriptor: descriptor)?.isRegular == true else {
      throw KeySourceFailure(source, "is not a file", remedy: "name a file of keys")
    }
    var bytes: [UInt8] = []
    let limit = JSONWebKeySet.maximumBytes
    while bytes.count <= limit {
      let count = append(to: &bytes, from: descriptor, maximum: 64 << 10)
      if count == 0 { return bytes }
      guard count > 0 || errno == EINTR else {
        throw KeySourceFailure(source, "could not be read whole", remedy: "try again")
      }
    }
    throw KeySourceFailure(
      source,
      "is longer than \(limit >> 10) KiB",
      remedy: "name a file of keys"
    )
  }
}
