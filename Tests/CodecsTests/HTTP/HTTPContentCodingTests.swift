// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// `Accept-Encoding` (RFC 9110 §12.5.3).
@Suite struct HTTPContentCodingTests {
  @Test(arguments: [
    ("gzip", HTTPContentCoding.gzip), ("deflate", .deflate), ("gzip, deflate, br", .gzip),
    ("deflate, gzip", .gzip), ("x-gzip", .gzip), ("GZip", .gzip), ("br", .identity),
    ("identity", .identity), ("", .identity), ("*", .gzip), (" , gzip ,", .gzip),
    // The examples of §12.5.3.
    ("compress, gzip", .gzip), ("compress;q=0.5, gzip;q=1.0", .gzip),
    ("gzip;q=1.0, identity; q=0.5, *;q=0", .gzip),
    // Weights, with up to three decimals; the higher wins.
    ("gzip;q=0.5, deflate;q=0.501", .deflate), ("gzip;q=0.5, deflate;q=0.5", .gzip),
    ("gzip;q=0.001", .gzip), ("gzip ;\tQ=1.000", .gzip), ("gzip;q=1., deflate", .gzip),
    ("gzip;q=0", .identity), ("gzip;q=0.000, deflate", .deflate), ("gzip;q=0, *", .deflate),
    ("identity, gzip;q=0.9", .identity), ("identity;q=0.5, gzip;q=0.9", .gzip),
    ("*;q=0.5, gzip;q=0.2", .deflate), ("*;q=0, gzip", .gzip), ("*;q=0, identity", .identity),
    ("identity;q=0, gzip;q=0.1", .gzip), ("identity;q=0, *", .gzip),
    // The first of several holds; what breaks the grammar counts for nothing.
    ("gzip;q=0, gzip", .identity), ("gzip;q=2", .identity), ("gzip;q=1.001", .identity),
    ("gzip;q=0.1234", .identity), ("gzip;q=-1", .identity), ("gzip;q=", .identity),
    ("gzip;q=.5", .identity), ("gzip;q=0,5, deflate", .deflate), ("gzip;level=9", .identity),
    ("gzip;q=1;q=1", .identity), ("gzip q=1", .identity), (";q=1", .identity),
  ])
  func `the best acceptable coding is chosen`(value: String, coding: HTTPContentCoding) {
    #expect(HTTPContentCoding.preferred(by: ["Accept-Encoding": value]) == coding)
  }

  @Test(arguments: ["identity;q=0", "*;q=0", "br, *;q=0", "identity;q=0, br"])
  func `there may be no acceptable coding`(value: String) {
    #expect(HTTPContentCoding.preferred(by: ["Accept-Encoding": value]) == nil)
  }

  @Test func `without the field nothing is compressed`() {
    #expect(HTTPContentCoding.preferred(by: [:]) == .identity)
    #expect(HTTPContentCoding.preferred(by: [:], among: [.gzip]) == .gzip)
  }

  @Test func `several fields make one list, of what is available`() {
    let fields: HTTPFields = ["Accept-Encoding": "gzip;q=0.5", "accept-encoding": "deflate"]
    #expect(HTTPContentCoding.preferred(by: fields) == .deflate)
    #expect(HTTPContentCoding.preferred(by: fields, among: [.gzip, .identity]) == .gzip)
    #expect(HTTPContentCoding.preferred(by: fields, among: [.identity]) == .identity)
    #expect(HTTPContentCoding.preferred(by: ["Accept-Encoding": "br"], among: [.gzip]) == nil)
  }

  @Test func `only a coding has a field value`() {
    #expect(HTTPContentCoding.allCases.map(\.fieldValue) == ["gzip", "deflate", nil])
  }

  @Test(arguments: [
    ("text/html; charset=utf-8", true), ("text/event-stream", true), ("Application/JSON", true),
    ("image/svg+xml", true), ("application/problem+json;x=y", true), ("image/png", false),
    ("application/gzip", false), ("application/octet-stream", false), ("", false),
  ])
  func `text is worth compressing`(contentType: String, isWorth: Bool) {
    #expect(HTTPContentCoding.suits(contentType: contentType) == isWorth)
  }
}
