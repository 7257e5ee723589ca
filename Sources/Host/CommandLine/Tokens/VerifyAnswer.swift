// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks

/// What `weir verify` says of one token or signature: a line of JSON.
enum VerifyAnswer {
  /// The token is valid; with what its header and its claims say.
  static func valid(_ token: [UInt8], _ claims: JSONView) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("valid")
    writer.value(true)
    if let header = try? SignedToken(token).header {
      writer.name("algorithm")
      writer.value(header.algorithm)
      if let id = header.keyID {
        writer.name("keyId")
        writer.value(id)
      }
    }
    writer.name("claims")
    writer.raw(claims.compacted)
    writer.endObject()
    return writer.bytes
  }

  /// The token is not valid; why, but nothing of the token.
  static func invalid(_ failure: TokenFailure) -> [UInt8] {
    invalid(failure.code, claim: failure.claim, detail: "\(failure)")
  }

  /// The code of what is wrong, the member at fault, and words for a person.
  static func invalid(_ code: String, claim: String?, detail: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("valid")
    writer.value(false)
    writer.name("error")
    writer.value(code)
    if let claim {
      writer.name("claim")
      writer.value(claim)
    }
    writer.name("detail")
    writer.value(detail)
    writer.endObject()
    return writer.bytes
  }

  /// The signature is valid.
  static let validSignature = Array(#"{"valid":true}"#.utf8)
}
