// SPDX-License-Identifier: Apache-2.0

/// How a message's body ends (RFC 9112 §6.3).
enum HTTPFraming: Equatable {
  case none
  case length(Int)
  case chunked
  case untilClose
}

/// A piece of a body, or its end.
enum HTTPBodyPart: Equatable {
  case bytes(ArraySlice<UInt8>)
  case end(HTTPFields)
}

/// Takes one body out of the bytes received, without collecting it.
struct HTTPBodyDecoder: Sendable {
  private enum Phase {
    case length
    case chunkSize
    case chunkData
    case chunkEnd
    case trailers
    case untilClose
  }

  private var phase: Phase
  /// Bytes still to come of the body or of the chunk.
  private var remaining: Int
  private var totalBytes = 0
  private var extensionBytes = 0
  private var trailers: HTTPFieldReader

  init(_ framing: HTTPFraming, unfolds: Bool = false) {
    trailers = HTTPFieldReader(unfolds: unfolds)
    remaining = 0
    switch framing {
    case .none: phase = .length
    case .length(let count): (phase, remaining) = (.length, count)
    case .chunked: phase = .chunkSize
    case .untilClose: phase = .untilClose
    }
  }

  /// The next part, or `nil` when more bytes are needed; call no more after the end.
  mutating func next(
    from buffer: inout ReceiveBuffer,
    maximumBytes: Int?,
    limits: HTTPLimits
  ) throws(HTTPViolation) -> HTTPBodyPart? {
    while true {
      switch phase {
      case .length:
        try check(maximumBytes, adding: remaining)
        if remaining == 0 { return .end(HTTPFields()) }
        return take(from: &buffer)
      case .untilClose:
        remaining = buffer.count
        try check(maximumBytes, adding: remaining)
        return take(from: &buffer)
      case .chunkSize:
        guard let size = try chunkSize(from: &buffer, limits: limits) else { return nil }
        try check(maximumBytes, adding: size)
        (remaining, phase) = (size, size == 0 ? .trailers : .chunkData)
      case .chunkData:
        if remaining > 0 { return take(from: &buffer) }
        phase = .chunkEnd
      case .chunkEnd:
        guard try takeChunkEnd(from: &buffer) else { return nil }
        phase = .chunkSize
      case .trailers:
        return try trailers.read(from: &buffer, limits: limits).map(HTTPBodyPart.end)
      }
    }
  }

  private func check(_ maximumBytes: Int?, adding count: Int) throws(HTTPViolation) {
    guard let maximumBytes, count > maximumBytes - totalBytes else { return }
    throw .bodyTooLarge(limitBytes: maximumBytes)
  }

  private mutating func take(from buffer: inout ReceiveBuffer) -> HTTPBodyPart? {
    let count = min(remaining, buffer.count)
    guard count > 0 else { return nil }
    remaining -= count
    totalBytes += count
    return .bytes(buffer.take(count))
  }

  /// Reads `size [;extension] CRLF` (RFC 9112 §7.1).
  private mutating func chunkSize(
    from buffer: inout ReceiveBuffer,
    limits: HTTPLimits
  ) throws(HTTPViolation) -> Int? {
    let limit = limits.maximumChunkExtensionBytes
    let tooLong = HTTPViolation.chunkExtensionsTooLong(limitBytes: limit)
    guard let range = try buffer.takeLine(limit: limit + 16, tooLong: tooLong) else { return nil }
    let line = buffer.bytes[range]
    let digits = line.prefix { $0.hexValue != nil }
    guard (1...16).contains(digits.count) else { throw .invalidChunk }
    let extensions = line[digits.endIndex...]
    extensionBytes += extensions.count
    guard extensionBytes <= limit else { throw tooLong }
    guard HTTPChunk.areExtensions(extensions) else { throw .invalidChunk }
    let size = digits.reduce(0 as UInt64) { $0 << 4 | UInt64($1.hexValue ?? 0) }
    guard let size = Int(exactly: size) else { throw .invalidChunk }
    return size
  }

  private func takeChunkEnd(from buffer: inout ReceiveBuffer) throws(HTTPViolation) -> Bool {
    for (offset, expected) in [ASCII.carriageReturn, ASCII.lineFeed].enumerated() {
      guard offset < buffer.count else { return false }
      guard buffer.bytes[buffer.start + offset] == expected else { throw .invalidChunk }
    }
    buffer.consume(2)
    return true
  }
}
