// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport
import Web

/// Serves the dashboard's files, which are part of the program.
enum AssetRoute {
  private struct Asset {
    let response: HTTPResponse
    let tag: String
  }

  private static let assets: [String: Asset] = {
    let pairs = WebAssets.all.map { asset in
      let hash = Digest.sha256(asset.bytes).prefix(12).map { byte in
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
      let tag = "\"\(hash.joined())\""
      let fields: HTTPFields = [
        "Content-Type": asset.contentType, "Cache-Control": "no-cache", "ETag": tag,
        "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer",
      ]
      return (
        asset.path, Asset(response: HTTPResponse(200, fields: fields, body: asset.bytes), tag: tag)
      )
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  private static let policy =
    "default-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  static func response(to context: RequestContext) throws(Problem) -> HTTPResponse {
    guard let asset = assets[context.head.path] else { throw .notFound(context.head.path) }
    let known = context.head.fields.values(of: "If-None-Match").joined(separator: ",")
    guard known == "*" || known.contains(asset.tag) else { return asset.response }
    return HTTPResponse(304, fields: asset.response.fields)
  }
}
