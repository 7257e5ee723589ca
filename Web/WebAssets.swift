// SPDX-License-Identifier: Apache-2.0

/// A file of the dashboard, as it is served.
public struct WebAsset: Sendable {
  /// Where it is served: `/` for the page itself, else its file name after a slash.
  public let path: String
  /// The value of its `Content-Type` header.
  public let contentType: String
  /// The bytes of the file.
  public let bytes: [UInt8]
}

/// The dashboard: one page, its style and its modules, embedded in the program.
public enum WebAssets {
  /// Every file of the dashboard; they need no file outside this list.
  public static let all: [WebAsset] = pages + modules

  private static let pages = [
    WebAsset(
      path: "/",
      contentType: "text/html; charset=utf-8",
      bytes: PackageResources.index_html
    ),
    WebAsset(
      path: "/style.css",
      contentType: "text/css; charset=utf-8",
      bytes: PackageResources.style_css
    ),
    WebAsset(path: "/icon.svg", contentType: "image/svg+xml", bytes: PackageResources.icon_svg),
  ]

  private static let modules = [
    module("activity", PackageResources.activity_js),
    module("app", PackageResources.app_js),
    module("bars", PackageResources.bars_js),
    module("chain", PackageResources.chain_js),
    module("charts", PackageResources.charts_js),
    module("connection", PackageResources.connection_js),
    module("dom", PackageResources.dom_js),
    module("endings", PackageResources.endings_js),
    module("feed", PackageResources.feed_js),
    module("filter", PackageResources.filter_js),
    module("format", PackageResources.format_js),
    module("lines", PackageResources.lines_js),
    module("link", PackageResources.link_js),
    module("meter", PackageResources.meter_js),
    module("progress", PackageResources.progress_js),
    module("reader", PackageResources.reader_js),
    module("scrub", PackageResources.scrub_js),
    module("session", PackageResources.session_js),
    module("signin", PackageResources.signin_js),
    module("status", PackageResources.status_js),
    module("store", PackageResources.store_js),
    module("tiles", PackageResources.tiles_js),
    module("token", PackageResources.token_js),
    module("top", PackageResources.top_js),
    module("words", PackageResources.words_js),
  ]

  private static func module(_ name: String, _ bytes: [UInt8]) -> WebAsset {
    WebAsset(
      path: "/\(name).js",
      contentType: "text/javascript; charset=utf-8",
      bytes: bytes
    )
  }
}
