// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The right to use a data directory: one process has it, until it ends in whatever way.
///
/// The kernel holds the lock (`flock`), so a crash leaves none behind; what stands in the file only
/// tells the next one who it is.
struct DirectoryLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Parameter path: The lock's file, made if it is not there.
  /// - Throws: ``StorageError`` with reason `inUse` if somebody has it.
  init(_ path: String) throws(StorageError) {
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw SystemError.last("lock", path) }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let error =
        errno == EWOULDBLOCK
        ? StorageError(.inUse(holder: Self.holder(opened)), operation: "lock", path: path)
        : SystemError.last("lock", path)
      close(opened)
      throw error
    }
    descriptor = opened
    Self.write(Self.owner, opened)
  }

  deinit {
    // Who opens it next shall not read of a process that is gone.
    ftruncate(descriptor, 0)
    // A child that was just forked has the descriptor until it runs its program, and the lock with it.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Who this process is.
  private static var owner: String {
    var name = [CChar](repeating: 0, count: 256)
    let named = gethostname(&name, name.count - 1) == 0
    let host =
      named ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : "?"
    return "process \(getpid()) on \(host)"
  }

  /// What is written is only told to people, so a disk that is full does not keep a server from
  /// starting.
  private static func write(_ owner: String, _ descriptor: Int32) {
    ftruncate(descriptor, 0)
    _ = Array(owner.utf8).withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  private static func holder(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return "another process" }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
