// SPDX-License-Identifier: Apache-2.0

/// A set of keys as a file or a server gives it (RFC 7517 §5).
public struct JSONWebKeySet: Equatable, Sendable {
  /// The longest text, in bytes: 256 KiB, room for the most keys with certificates beside them.
  public static let maximumBytes = 256 << 10
  /// The most keys, those that are passed over included.
  public static let maximumCount = 100

  /// Why a text is no key set; the raw value says it for a person.
  public enum Violation: String, Error, Equatable, Sendable {
    /// It is longer than 256 KiB.
    case tooLong = "the key set is longer than 256 KiB"
    /// It is not JSON, or no object with an array `keys`.
    case notKeySet = "not a JSON object with an array 'keys'"
    /// It has more than 100 keys.
    case tooMany = "the key set has more than 100 keys"
  }

  /// The keys that can be read, in their order.
  public let keys: [JSONWebKey]
  /// Why each of the others can't; they are passed over (RFC 7517 §5).
  public let refusals: [JSONWebKey.Refusal]

  /// Reads a key set.
  ///
  /// - Parameter text: JSON text.
  /// - Throws: ``Violation``, the fault of whoever wrote it.
  public init(_ text: [UInt8]) throws(Violation) {
    guard text.count <= Self.maximumBytes else { throw .tooLong }
    guard let view = try? JSONView.parse(text, limits: JSONLimits(maximumDepth: 16)),
      view.kind == .object, let members = view["keys"], members.kind == .array
    else { throw .notKeySet }
    let elements = members.elements
    guard elements.count <= Self.maximumCount else { throw .tooMany }
    var keys: [JSONWebKey] = []
    var refusals: [JSONWebKey.Refusal] = []
    for element in elements {
      do throws(JSONWebKey.Refusal) {
        keys.append(try JSONWebKey(element))
      } catch {
        refusals.append(error)
      }
    }
    (self.keys, self.refusals) = (keys, refusals)
  }
}
