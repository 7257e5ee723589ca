// SPDX-License-Identifier: Apache-2.0
#if os(Linux)
@_spi(_Unicode) import Swift
#endif

/// What a topic may be called.
public enum TopicName {
  /// Why a name is not allowed.
  public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that is broken, as a sentence.
    public let description: String
  }

  /// The longest name, in bytes of UTF-8.
  public static let maximumBytes = 255

  /// Checks a name: 1 to 255 bytes of UTF-8 without control characters, spaces, `?` or `*`, not
  /// starting with `_`, composed as far as it can be (Unicode normalization form C).
  ///
  /// Of two names that look alike and differ in their bytes only one is allowed, so that whoever may
  /// use one never gets the topic of the other.
  ///
  /// - Parameter name: The name.
  /// - Throws: ``Violation`` with the rule that is broken.
  public static func check(_ name: String) throws(Violation) {
    let bytes = name.utf8
    guard let first = bytes.first else { throw Violation(description: "a topic name is empty") }
    guard bytes.count <= maximumBytes else {
      throw Violation(description: "a topic name has at most \(maximumBytes) bytes")
    }
    guard first != UInt8(ascii: "_") else {
      throw Violation(description: "a topic name does not start with '_'")
    }
    for scalar in name.unicodeScalars {
      switch scalar {
      case "?", "*":
        throw Violation(description: "a topic name does not contain '\(scalar)'")
      case _ where scalar.properties.isWhitespace:
        throw Violation(description: "a topic name does not contain spaces")
      case _ where scalar.properties.generalCategory == .control:
        throw Violation(description: "a topic name does not contain control characters")
      default:
        continue
      }
    }
    guard isComposed(name) else {
      throw Violation(description: "a topic name is written in Unicode normalization form C")
    }
  }

  /// Whether a text is composed as far as it can be (Unicode normalization form C).
  static func isComposed(_ name: String) -> Bool {
    if name.utf8.allSatisfy({ $0 < 0x80 }) { return true }
    #if os(Linux)
    return name.unicodeScalars.elementsEqual(name._nfc)
    #else
    // Stricter than it must be: where the library does not show what it knows, nothing that composes
    // is allowed.
    return name.unicodeScalars.allSatisfy {
      $0.properties.canonicalCombiningClass == .notReordered
    }
    #endif
  }
}
