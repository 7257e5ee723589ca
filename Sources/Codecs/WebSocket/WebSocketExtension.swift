// SPDX-License-Identifier: Apache-2.0

/// One element of a `Sec-WebSocket-Extensions` list, an offer or an answer (RFC 6455 §9.1).
struct WebSocketExtension: Equatable {
  struct Parameter: Equatable {
    let name: String
    /// The value, without the quotes it may have had.
    let value: String?
  }

  let name: String
  let parameters: [Parameter]

  /// The elements of all fields of that name, in order; `nil` when one does not conform to the
  /// grammar.
  static func list(in fields: HTTPFields) -> [WebSocketExtension]? {
    var extensions: [WebSocketExtension] = []
    for value in fields.values(of: "Sec-WebSocket-Extensions") {
      var reader = Reader(rest: Array(value.utf8)[...])
      guard reader.appendList(to: &extensions) else { return nil }
    }
    return extensions
  }
}

extension WebSocketExtension {
  private struct Reader {
    var rest: ArraySlice<UInt8>

    /// Reads `1#extension`; empty elements count for nothing (RFC 9110 §5.6.1.2).
    mutating func appendList(to extensions: inout [WebSocketExtension]) -> Bool {
      let countBefore = extensions.count
      repeat {
        skipWhitespace()
        if rest.isEmpty || rest.first == ASCII.comma { continue }
        guard let element = takeExtension() else { return false }
        extensions.append(element)
      } while take(ASCII.comma)
      return rest.isEmpty && extensions.count > countBefore
    }

    /// Reads `token *( ";" token [ "=" ( token | quoted-string ) ] )`, and whitespace behind it.
    private mutating func takeExtension() -> WebSocketExtension? {
      guard let name = takeToken() else { return nil }
      var parameters: [Parameter] = []
      while take(ASCII.semicolon) {
        skipWhitespace()
        guard let name = takeToken() else { return nil }
        var value: String?
        if take(UInt8(ascii: "=")) {
          skipWhitespace()
          value = rest.first == ASCII.quote ? takeQuotedToken() : takeToken()
          if value == nil { return nil }
        }
        parameters.append(Parameter(name: name, value: value))
      }
      return WebSocketExtension(name: name, parameters: parameters)
    }

    private mutating func takeToken() -> String? {
      let token = rest.prefix(while: \.isHTTPToken)
      guard !token.isEmpty else { return nil }
      rest = rest[token.endIndex...]
      skipWhitespace()
      return String(decoding: token, as: UTF8.self)
    }

    /// Reads a quoted string whose content must be a token.
    private mutating func takeQuotedToken() -> String? {
      rest.removeFirst()
      var token: [UInt8] = []
      while var byte = rest.popFirst(), byte != ASCII.quote {
        if byte == ASCII.backslash {
          guard let escaped = rest.popFirst() else { return nil }
          byte = escaped
        }
        guard byte.isHTTPToken else { return nil }
        token.append(byte)
        // A quote must still come.
        if rest.isEmpty { return nil }
      }
      guard !token.isEmpty else { return nil }
      skipWhitespace()
      return String(decoding: token, as: UTF8.self)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest.removeFirst()
      return true
    }

    private mutating func skipWhitespace() { rest = rest.drop(while: \.isHTTPWhitespace) }
  }
}
