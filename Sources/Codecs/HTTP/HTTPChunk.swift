// SPDX-License-Identifier: Apache-2.0

/// The chunked transfer coding, the sender's side (RFC 9112 §7.1).
public enum HTTPChunk {
  /// Appends `bytes` as one chunk; nothing when they are empty, since that would end the body.
  public static func encode(_ bytes: some Collection<UInt8>, into output: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    output.append(contentsOf: String(bytes.count, radix: 16).utf8)
    output.append(contentsOf: "\r\n".utf8)
    output.append(contentsOf: bytes)
    output.append(contentsOf: "\r\n".utf8)
  }

  /// Appends the end of the body.
  public static func encodeEnd(trailers: HTTPFields = .init(), into output: inout [UInt8]) {
    output.append(contentsOf: "0\r\n".utf8)
    trailers.encode(into: &output)
    output.append(contentsOf: "\r\n".utf8)
  }
}
