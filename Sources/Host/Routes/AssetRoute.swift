// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport
import Web

/// Serves the dashboard's files, which are part of the program.
enum AssetRoute {
  /// A file as it is, and compressed if that is worth it: each is a representation with a tag of its
  /// own (RFC 9110 §8.8.3.3).
  private struct Asset {
    let plain: Representation
    var gzip: Representation?
  }

  private struct Representation {
    var response: HTTPResponse
    let tag: String
  }

  /// Made with the first request for any.
  private static let assets = Dictionary(
    uniqueKeysWithValues: WebAssets.all.map { ($0.path, asset($0)) }
  )

  private static func asset(_ asset: WebAsset) -> Asset {
    let hash = Digest.sha256(asset.bytes).prefix(12).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    .joined()
    var plain = representation(asset.contentType, asset.bytes, tag: "\"\(hash)\"")
    guard plain.response.isWorthCoding else { return Asset(plain: plain) }
    let compressed = HTTPContentEncoder.encode(asset.bytes, as: .gzip, level: 9)
    var gzip = representation(asset.contentType, compressed, tag: "\"\(hash)-gzip\"")
    gzip.response.fields.append("Content-Encoding", "gzip")
    gzip.response.fields.append("Vary", "Accept-Encoding")
    plain.response.fields.append("Vary", "Accept-Encoding")
    return Asset(plain: plain, gzip: gzip)
  }

  private static func representation(
    _ contentType: String,
    _ bytes: [UInt8],
    tag: String
  ) -> Representation {
    let fields: HTTPFields = [
      "Content-Type": contentType, "Cache-Control": "no-cache", "ETag": tag,
      "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer",
    ]
    var response = HTTPResponse(200, fields: fields, body: bytes)
    response.isNegotiated = true
    return Representation(response: response, tag: tag)
  }

  private static let policy =
    "default-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  static func response(to context: RequestContext) throws(Problem) -> HTTPResponse {
    guard let asset = assets[context.head.path] else { throw .notFound(context.head.path) }
    let isCompressed = HTTPResponse.coding(for: context.head) == .gzip
    let chosen = isCompressed ? asset.gzip ?? asset.plain : asset.plain
    let known = context.head.fields.values(of: "If-None-Match").joined(separator: ",")
    guard known == "*" || known.contains(chosen.tag) else { return chosen.response }
    return HTTPResponse(304, fields: chosen.response.fields)
  }
}
