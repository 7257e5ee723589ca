// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

// The content of a stream that is compressed: blocks that all sessions share, and its own between.
extension EventStreamSession {
  /// Makes the content gzip, before anything else is sent.
  func beginContent() {
    cursors.first?.content = GzipContent()
    _ = connection.send(GzipContent.header)
  }

  /// What ends the content, once everything was sent; nothing where it is not gzip.
  var endOfContent: [UInt8] { cursors.first?.content?.end ?? [] }

  /// Sends text of the stream's own.
  func say(_ text: [UInt8]) {
    guard !isClosing else { return }
    // It comes first, so it counts as content first.
    sendRetry()
    send(coded(text))
  }

  /// Text of the stream's own as the next part of the content: stored as it is, since it is short
  /// and nobody shares it.
  func coded(_ text: some Collection<UInt8>) -> [UInt8] {
    let text = Array(text)
    guard let first = cursors.first, first.content != nil else { return text }
    first.content?.append(text)
    return GzipContent.storedBlock(text)
  }

  /// Notes that frames were sent which hold this.
  func count(_ checksum: GzipChecksum?) {
    if let checksum { cursors.first?.content?.append(checksum) }
  }
}
