// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The few calls on files and directories that SQLite does not make.
enum Files {
  /// Makes a directory that only its owner can read, unless it is there.
  static func makeDirectory(_ path: String) throws(StorageError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw SystemError.last("make directory", path)
    }
  }

  /// Tells whether there is something of that name.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The size of a file in bytes; 0 if it is not there.
  static func size(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Sees to it that what was written to a file, or the names in a directory, survive a power loss.
  static func synchronize(_ path: String) throws(StorageError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError.last("sync", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw SystemError.last("sync", path) }
  }

  /// Copies a file's bytes into a new one and syncs it.
  ///
  /// - Throws: ``StorageError``, with reason `cancelled` if `goesOn`, told the bytes that are copied,
  ///   answered `false`.
  static func copy(
    _ path: String,
    to other: String,
    _ goesOn: (_ copied: Int64) -> Bool
  ) throws(StorageError) {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw SystemError.last("copy", path) }
    defer { close(source) }
    let target = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw SystemError.last("copy", other) }
    defer { close(target) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var copied: Int64 = 0
    while true {
      let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw SystemError.last("copy", path) }
      guard count > 0 else { break }
      try writeAll(buffer[..<count], to: target, other)
      copied += Int64(count)
      guard goesOn(copied) else {
        throw StorageError(.cancelled, operation: "copy", path: other)
      }
    }
    guard fsync(target) == 0 else { throw SystemError.last("copy", other) }
  }

  private static func writeAll(
    _ bytes: ArraySlice<UInt8>,
    to descriptor: Int32,
    _ path: String
  ) throws(StorageError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw SystemError.last("copy", path) }
      rest = rest.dropFirst(count)
    }
  }

  /// Gives a file another name.
  static func rename(_ path: String, to other: String) throws(StorageError) {
    guard Self.systemRename(path, other) == 0 else { throw SystemError.last("rename", path) }
  }

  private static func systemRename(_ path: String, _ other: String) -> Int32 {
    #if canImport(Glibc)
    Glibc.rename(path, other)
    #elseif canImport(Musl)
    Musl.rename(path, other)
    #else
    Darwin.rename(path, other)
    #endif
  }

  /// Removes a file; one that is not there is removed already.
  static func remove(_ path: String) throws(StorageError) {
    guard unlink(path) != 0, errno != ENOENT else { return }
    throw SystemError.last("remove", path)
  }

  /// The directory that holds a file or directory.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The name of this run of the machine; `nil` where the system does not tell.
  static var bootID: String? {
    let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count).prefix { $0 > 0x20 }, as: UTF8.self)
  }
}
