// SPDX-License-Identifier: Apache-2.0

/// How a response's content is compressed (RFC 9110 §8.4.1).
public enum HTTPContentCoding: String, CaseIterable, Sendable {
  /// As RFC 1952 says.
  case gzip
  /// As RFC 1950 says, with zlib's header and checksum.
  case deflate
  /// Not at all.
  case identity

  /// The value of `Content-Encoding`; `nil` when the field must be left out.
  public var fieldValue: String? { self == .identity ? nil : rawValue }

  /// The coding that a request's `Accept-Encoding` likes best (RFC 9110 §12.5.3).
  ///
  /// Without the field, content goes out as it is. Elements that break the grammar count for
  /// nothing. Whoever asks adds `Vary: Accept-Encoding`, whatever the outcome.
  /// - Parameters:
  ///   - fields: The request's fields.
  ///   - available: What the content is available in, the best first, which decides among equals.
  ///     By default gzip, deflate, identity.
  /// - Returns: A coding; `nil` when none is acceptable, which is answered with 406 or not at all.
  public static func preferred(
    by fields: HTTPFields,
    among available: [HTTPContentCoding] = allCases
  ) -> HTTPContentCoding? {
    let values = fields.values(of: "Accept-Encoding")
    guard !values.isEmpty else {
      return available.contains(.identity) ? .identity : available.first
    }
    let weights = Weights(values)
    var best: (coding: HTTPContentCoding, weight: Int)?
    for coding in available {
      let weight = weights[coding]
      if weight > best?.weight ?? 0 { best = (coding, weight) }
    }
    return best?.coding
  }

  /// Whether content of a media type gets much smaller: text, and what is written like text.
  public static func suits(contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }.lowercased()
    if type.hasPrefix("text/") || type.hasSuffix("+json") || type.hasSuffix("+xml") { return true }
    return [
      "application/javascript", "application/json", "application/x-ndjson", "application/xml",
      "application/wasm",
    ].contains(type)
  }
}

extension HTTPContentCoding {
  /// What `Accept-Encoding` says of each coding, in thousandths.
  private struct Weights {
    private var listed: [HTTPContentCoding: Int] = [:]
    private var others: Int?

    init(_ values: [String]) {
      for value in values {
        for element in Array(value.utf8).split(separator: ASCII.comma) { add(element) }
      }
    }

    /// Zero for what is not acceptable; one, less than any weight, for content that is merely not
    /// excluded.
    subscript(_ coding: HTTPContentCoding) -> Int {
      if let weight = listed[coding] ?? others { return 2 * weight }
      return coding == .identity ? 1 : 0
    }

    /// Reads `( coding / "*" ) [ OWS ";" OWS "q=" qvalue ]`; of several the first holds.
    private mutating func add(_ element: ArraySlice<UInt8>) {
      let parts = element.split(separator: ASCII.semicolon, omittingEmptySubsequences: false)
        .map(\.trimmingHTTPWhitespace)
      guard parts.count <= 2, let weight = parts.count == 1 ? 1000 : Self.weight(parts[1]) else {
        return
      }
      let name = parts[0]
      if name.elementsEqual("*".utf8) {
        others = others ?? weight
      } else if let coding = Self.coding(name), listed[coding] == nil {
        listed[coding] = weight
      }
    }

    private static func coding(_ name: ArraySlice<UInt8>) -> HTTPContentCoding? {
      // RFC 9110 §8.4.1.3
      if name.equalsIgnoringCase("x-gzip") { return .gzip }
      return allCases.first { name.equalsIgnoringCase($0.rawValue) }
    }

    /// Reads `q=` and a number from 0 to 1 with at most three decimals (RFC 9110 §12.4.2).
    private static func weight(_ text: ArraySlice<UInt8>) -> Int? {
      guard text.count >= 3, text.prefix(2).equalsIgnoringCase("q=") else { return nil }
      let number = text.dropFirst(2)
      let decimals = number.dropFirst(2)
      guard let whole = number.first, whole == ASCII.zero || whole == ASCII.zero + 1,
        number.count == 1 || number.dropFirst().first == ASCII.dot,
        decimals.count <= 3, decimals.allSatisfy(\.isASCIIDigit)
      else { return nil }
      var weight = Int(whole - ASCII.zero)
      for place in 0..<3 {
        let digit = place < decimals.count ? decimals[decimals.startIndex + place] : ASCII.zero
        weight = 10 * weight + Int(digit - ASCII.zero)
      }
      return weight <= 1000 ? weight : nil
    }
  }
}
