// SPDX-License-Identifier: Apache-2.0
import Codecs

// Compression of answers (RFC 9110 §8.4.1).
extension HTTPResponse {
  /// The answer in the coding that a request likes best, if compressing it is worth it.
  ///
  /// The fields are the same for HEAD, so the whole is made for it too.
  func coded(for head: HTTPRequestHead) -> HTTPResponse {
    guard mayBeCoded, isWorthCoding else { return self }
    var response = self
    response.fields.append("Vary", "Accept-Encoding")
    guard Self.coding(for: head) == .gzip else { return response }
    // The loop waits for it, so it is quick rather than thorough.
    response.body = HTTPContentEncoder.encode(body, as: .gzip, level: 1)
    response.fields.append("Content-Encoding", "gzip")
    return response
  }

  /// Whether nobody has chosen a coding, and the body is large enough for one.
  var mayBeCoded: Bool {
    !isNegotiated && status == 200 && bodyCount >= HTTPLimits.codedBytes
  }

  /// Whether the body is large enough, and of a type that gets much smaller.
  var isWorthCoding: Bool {
    guard bodyCount >= HTTPLimits.codedBytes, let type = fields["Content-Type"] else {
      return false
    }
    return HTTPContentCoding.suits(contentType: type)
  }

  /// What a request likes best of what there is; who accepts none gets the content as it is.
  static func coding(for head: HTTPRequestHead) -> HTTPContentCoding {
    HTTPContentCoding.preferred(by: head.fields, among: [.gzip, .identity]) ?? .identity
  }
}
