// SPDX-License-Identifier: Apache-2.0

/// A request target taken apart and decoded: path segments and query items.
public struct RequestTarget: Equatable, Sendable {
  /// A name and a value of a query.
  public struct QueryItem: Equatable, Sendable {
    /// The decoded name.
    public let name: String
    /// The decoded value, empty when there is no `=`.
    public let value: String

    /// Creates an item.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The decoded path segments: none for `/`, a last empty one for a path that ends with a slash.
  ///
  /// A `/` that was percent-encoded stands inside of a segment.
  public let segments: [String]
  /// The decoded query items, in order.
  public let query: [QueryItem]

  /// The target `/`.
  public static let root = RequestTarget(segments: [], query: [])

  /// Takes apart a target such as ``HTTPRequestHead/target``, in origin or absolute form.
  ///
  /// In the query, and only there, `+` is a space.
  /// - Throws: ``HTTPViolation/invalidTarget`` for a broken escape, bytes that are not UTF-8, a NUL,
  ///   or a segment `.` or `..`, which clients resolve before they send.
  public static func parse(_ target: String) throws(HTTPViolation) -> RequestTarget {
    let parts = TargetParts(target)
    guard parts.path.utf8.first == ASCII.slash else { throw .invalidTarget }
    let segments = try Self.segments(of: parts.path)
    guard let text = parts.query else { return RequestTarget(segments: segments, query: []) }
    var query: [QueryItem] = []
    for raw in text.utf8.split(separator: UInt8(ascii: "&")) {
      let pair = raw.split(
        separator: UInt8(ascii: "="),
        maxSplits: 1,
        omittingEmptySubsequences: false
      )
      let name = try decode(pair[0], plusIsSpace: true)
      let value = pair.count == 2 ? try decode(pair[1], plusIsSpace: true) : ""
      query.append(QueryItem(name: name, value: value))
    }
    return RequestTarget(segments: segments, query: query)
  }

  /// The value of the first query item called `name`, or `nil` when there is none.
  public subscript(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// The values of all query items called `name`, in order.
  public func values(of name: String) -> [String] {
    query.filter { $0.name == name }.map(\.value)
  }

  private static func segments(of path: String) throws(HTTPViolation) -> [String] {
    var rest = path.utf8.dropFirst()
    if rest.isEmpty { return [] }
    var segments: [String] = []
    segments.reserveCapacity(4)
    while true {
      let end = rest.firstIndex(of: ASCII.slash) ?? rest.endIndex
      let segment = try decode(rest[..<end], plusIsSpace: false)
      if segment.utf8.first == ASCII.dot, segment == "." || segment == ".." {
        throw .invalidTarget
      }
      segments.append(segment)
      if end == rest.endIndex { return segments }
      rest = rest[rest.index(after: end)...]
    }
  }

  private static func decode(
    _ text: Substring.UTF8View,
    plusIsSpace: Bool
  ) throws(HTTPViolation) -> String {
    guard let decoded = PercentEncoding.decode(Substring(text), plusIsSpace: plusIsSpace),
      !decoded.utf8.contains(ASCII.null)
    else { throw .invalidTarget }
    return decoded
  }
}
