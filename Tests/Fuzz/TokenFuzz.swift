// SPDX-License-Identifier: Apache-2.0
import Codecs

/// A token or a key set is refused, or what was read of it is all that it can stand for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzToken(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = unsafe Array(FuzzInput(start, count).rest)
  if let token = try? SignedToken(text) {
    let dot = UInt8(ascii: ".")
    let parts = text.split(separator: dot, omittingEmptySubsequences: false)
    expect(parts.count == 3, "a token has three parts")
    expect(Base64URL.encode(token.payload)[...] == parts[1], "a payload has one text")
    expect(Base64URL.encode(token.signature)[...] == parts[2], "a signature has one text")
    expect(
      SignedToken.signed(Array(token.signedBytes), with: token.signature) == text,
      "a token is what was signed with its signature"
    )
    if let claims = try? token.claims() {
      expect(claims.duplicateName == nil, "no claim comes twice")
    }
  }
  if let set = try? JSONWebKeySet(text) {
    expect(
      set.keys.count + set.refusals.count <= JSONWebKeySet.maximumCount,
      "a set has a bounded number of keys"
    )
  }
  if let bytes = Base64URL.decode(text[...]) {
    expect(Base64URL.encode(bytes) == text, "bytes have one text")
  }
  return 0
}
