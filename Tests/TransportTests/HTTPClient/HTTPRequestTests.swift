// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Transport

@Suite struct HTTPRequestTests {
  private static func fault(of url: String) -> HTTPClient.RequestFault? {
    do throws(HTTPClient.RequestFault) {
      _ = try HTTPTarget(url)
      return nil
    } catch {
      return error
    }
  }

  private static func fault(
    _ method: String = "GET",
    _ fields: [HTTPClient.Field] = []
  ) -> HTTPClient.RequestFault? {
    let request = HTTPClient.Request("http://a/", method: method, fields: fields)
    do throws(HTTPClient.RequestFault) {
      try request.check(maximumBodyBytes: 0)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    "", "a", "/a", "example.com", "http://", "http:///", "http://a b/", "http://a/\u{e4}",
    "http://a/\r\nX: y", "http://a/\0", "http://a:99999/", "http://[::1/", "//a/", "http://\t/",
  ])
  func `what is no absolute URL is refused`(url: String) {
    #expect(Self.fault(of: url) != nil)
  }

  @Test(arguments: [
    "ftp://a/", "file:///etc/passwd", "gopher://a/", "ws://a/", "dict://a/", "x://a/",
  ])
  func `only HTTP is spoken`(url: String) {
    #expect(Self.fault(of: url) == .unsupportedScheme)
  }

  @Test(arguments: [
    "http://user@a/", "http://user:secret@a/", "http://:secret@a/", "http://@a/", "http://a@b@c/",
  ])
  func `a user in the URL is refused, and told nowhere`(url: String) {
    let fault = Self.fault(of: url)
    #expect(fault != nil || url == "http://@a/")
    #expect(!"\(HTTPClient.Failure.invalidRequest(fault ?? .malformedURL))".contains("secret"))
  }

  @Test func `a URL is bounded`() {
    let fitting = "http://a/" + String(repeating: "x", count: HTTPTarget.maximumURLBytes - 9)
    #expect(Self.fault(of: fitting) == nil)
    #expect(Self.fault(of: fitting + "x") == .malformedURL)
  }

  @Test func `what shares connections has the same scheme, host and port`() throws {
    #expect(try HTTPTarget("http://A.example/x?y#z").origin == "http://a.example:80")
    #expect(try HTTPTarget("https://a.example").origin == "https://a.example:443")
    #expect(try HTTPTarget("http://a.example:443/").origin == "http://a.example:443")
    #expect(try HTTPTarget("https://[2001:db8::1]:8443/").origin == "https://[2001:db8::1]:8443")
  }

  @Test(arguments: ["", "G T", "GET\r\n", "G\u{e4}T", "CONNECT", "A:B", "GET\0"])
  func `a method that is no token, or makes a tunnel, is refused`(method: String) {
    #expect(Self.fault(method) == .malformedMethod)
  }

  @Test(arguments: ["", "a b", "a:", "a\r\nb", "\u{e4}", "a\0"])
  func `a field name that is no token is refused, and not repeated`(name: String) {
    #expect(Self.fault("GET", [.init(name, "1")]) == .malformedField(name: "?"))
  }

  @Test(arguments: ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "\u{7F}"])
  func `a field value that would make fields of its own is refused`(value: String) {
    #expect(Self.fault("GET", [.init("A", value)]) == .malformedField(name: "A"))
  }

  @Test(arguments: [
    "Host", "content-length", "Transfer-Encoding", "CONNECTION", "Expect", "Upgrade",
  ])
  func `framing is not the caller's`(name: String) {
    #expect(Self.fault("GET", [.init(name, "1")]) == .reservedField(name: name))
  }

  @Test func `fields are bounded together`() {
    let half = HTTPClient.Field("A", String(repeating: "x", count: (32 << 10) - 1))
    #expect(Self.fault("GET", [half, half]) == nil)
    #expect(
      Self.fault("GET", [half, half, .init("B", "")]) == .fieldsTooLarge(limitBytes: 64 << 10)
    )
  }
}
