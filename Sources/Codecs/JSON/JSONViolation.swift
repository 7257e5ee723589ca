// SPDX-License-Identifier: Apache-2.0

/// Bounds on JSON text from outside.
public struct JSONLimits: Sendable {
  /// How deep arrays and objects may nest.
  ///
  /// Default 64: deeper than any event, far from the stack's end. Values above 512 count as 512.
  public var maximumDepth: Int

  /// Creates limits.
  public init(maximumDepth: Int = 64) { self.maximumDepth = maximumDepth }
}

/// Why bytes are not JSON text (RFC 8259), and where.
public struct JSONViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the grammar wanted at the offset; the raw value is the message.
  public enum Reason: String, Sendable {
    /// The text is empty or ends where a value should begin.
    case expectedValue = "expected a value"
    /// An array goes on with something else.
    case expectedCommaOrBracket = "expected ',' or ']'"
    /// An object goes on with something else.
    case expectedCommaOrBrace = "expected ',' or '}'"
    /// An object does not begin with a name.
    case expectedNameOrBrace = "expected a name in quotes or '}'"
    /// A comma in an object is not followed by a name.
    case expectedName = "expected a name in quotes"
    /// A name is not followed by a colon.
    case expectedColon = "expected ':'"
    /// A number lacks a digit.
    case expectedDigit = "expected a digit"
    /// A number begins with a zero that is followed by a digit.
    case leadingZero = "a number must not begin with 0"
    /// A string is not closed.
    case unterminatedString = "expected '\"' before the end of the text"
    /// A control character stands unescaped in a string.
    case controlCharacter = "a control character in a string must be escaped"
    /// A backslash is followed by something that is not an escape.
    case invalidEscape = "invalid escape in a string"
    /// A `\u` escape names half of a surrogate pair.
    case loneSurrogate = "escaped surrogate without its other half"
    /// The bytes are not UTF-8.
    case invalidUTF8 = "invalid UTF-8"
    /// Arrays and objects nest deeper than the limit.
    case tooDeep = "nested too deeply"
    /// Something follows the value.
    case trailingText = "unexpected text after the value"
  }

  /// What the grammar wanted.
  public let reason: Reason
  /// Where, in bytes from the beginning of the text.
  public let offset: Int
  /// The line of the offset, from 1.
  public let line: Int
  /// The column of the offset, from 1, in Unicode scalars.
  public let column: Int

  /// The reason and the place, for the person who wrote the text.
  public var description: String { "\(reason.rawValue) at line \(line), column \(column)" }

  init(_ fault: JSONFault, in text: Span<UInt8>) {
    var line = 1
    var column = 1
    for index in 0..<min(fault.offset, text.count) {
      if text[index] == ASCII.lineFeed {
        (line, column) = (line + 1, 1)
      } else if text[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.reason = fault.reason
    self.offset = fault.offset
    self.line = line
    self.column = column
  }
}

/// A violation before its line and column are counted.
struct JSONFault: Error {
  let reason: JSONViolation.Reason
  let offset: Int
}
