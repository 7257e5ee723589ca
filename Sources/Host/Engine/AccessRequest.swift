// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Streams

/// One request of a web site, as `weir ingest --format combined` publishes it into topic `access`.
public struct AccessRequest: Sendable {
  /// When it was made.
  public let time: Timestamp
  /// The client's address.
  public let client: String
  /// The request target as written, query included.
  public let path: String
  /// The status of the answer.
  public let status: Int
  /// The size of the answer, in bytes.
  public let bytes: Int

  /// The longest name or address of a client, in bytes: a host name has no more.
  static let maximumClientBytes = 255
  /// The longest path, in bytes; what is counted by path is kept.
  static let maximumPathBytes = 4 << 10
  /// The largest answer, in bytes: a petabyte.
  static let maximumBytes = 1 << 50

  /// Reads an event; `nil` if a field is missing, of another kind or out of bounds.
  ///
  /// - Parameters:
  ///   - event: The event; its data is a JSON object with `client`, `path`, `status`, `bytes`.
  ///   - appended: The event's time, if it has none of its own.
  public init?(_ event: Event, appended: Timestamp) {
    guard event.format == .json else { return nil }
    let data = JSONView(validated: event.data, range: event.data.indices)
    guard let client = data["client"]?.string, let path = data["path"]?.string,
      let status = data["status"]?.int, let bytes = data["bytes"]?.int
    else { return nil }
    guard client.utf8.count <= Self.maximumClientBytes, path.utf8.count <= Self.maximumPathBytes,
      (100...999).contains(status), (0...Self.maximumBytes).contains(bytes)
    else { return nil }
    time = event.time ?? appended
    self.client = client
    self.path = path
    self.status = status
    self.bytes = bytes
  }
}
