// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file that is read as it grows, as `tail -F` does.
///
/// When it was renamed and another took its place, the rest of the old one is read before the new
/// one; when it was cut short, it is read from its start.
final class FollowedFile: InputSource {
  private let path: String
  private var file: InputFile
  private var position: UInt64 = 0
  /// Another file is at the path; the next end of the open one is its last.
  private var isReplaced = false

  /// Opens a file.
  init(path: String) throws(CommandFailure) {
    self.path = path
    file = try InputFile(path: path)
  }

  /// Nobody knows how much will come.
  var totalBytes: UInt64? { nil }

  func read(into bytes: inout [UInt8]) throws(CommandFailure) -> InputEvent {
    let event = try file.read(into: &bytes)
    switch event {
    case .bytes(let count):
      position += UInt64(count)
      return event
    case .nothing, .restarted: return event
    case .end: return try lookAround()
    }
  }

  /// Everything that is in the file was read: finds out whether it is still the right one.
  private func lookAround() throws(CommandFailure) -> InputEvent {
    if isReplaced { return try openReplacement() }
    guard let open = FileStatus(descriptor: file.descriptor) else { return .nothing }
    if open.isRegular, open.size < position {
      lseek(file.descriptor, 0, SEEK_SET)
      position = 0
      return .restarted
    }
    // Between renaming and creating there is no file; then the old one is all there is.
    if let current = FileStatus(path: path) { isReplaced = !current.isSameFile(as: open) }
    return .nothing
  }

  private func openReplacement() throws(CommandFailure) -> InputEvent {
    isReplaced = false
    // It may be gone again: then the next look finds what comes.
    guard FileStatus(path: path) != nil else { return .nothing }
    file = try InputFile(path: path)
    position = 0
    return .restarted
  }
}
