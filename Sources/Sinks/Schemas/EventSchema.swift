// SPDX-License-Identifier: Apache-2.0
public import Codecs

/// What an event's data must look like: a subset of JSON Schema 2020-12.
///
/// Known are `type`, `properties`, `required`, `additionalProperties`, `items`, `enum`, `const`,
/// `minimum`, `maximum`, `minLength`, `maxLength`, the schemas `true` and `false`, and the annotations
/// `$schema`, `$comment`, `title` and `description`. Any other keyword is refused by name when the
/// schema is loaded, never passed over. Checking takes time proportional to the data, but for `enum`
/// and `const`, which multiply it by what they list.
public struct EventSchema: Sendable {
  let nodes: [SchemaNode]

  /// Loads a schema.
  ///
  /// - Parameters:
  ///   - json: The schema.
  ///   - limits: What is allowed.
  /// - Throws: ``SchemaViolation``, which names the place and the keyword.
  public init(json: JSONView, limits: SchemaLimits = .init()) throws(SchemaViolation) {
    var reader = SchemaReader(limits: limits)
    _ = try reader.read(json)
    nodes = reader.nodes
  }

  /// Checks data.
  ///
  /// - Parameter data: The data.
  /// - Throws: ``SchemaMismatch``, the first one, with a pointer to it.
  public func check(_ data: JSONView) throws(SchemaMismatch) {
    var check = SchemaCheck(nodes: nodes)
    try check.check(data, 0)
  }
}
