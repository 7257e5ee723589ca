// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct IdentityConfigurationTests {
  private func read(_ text: String) throws(ConfigurationViolation) -> IdentitySettings {
    guard let view = try? JSONView.parse(Array(text.utf8)) else {
      throw ConfigurationViolation(field: "", detail: "no JSON")
    }
    return try ConfigurationReader.identity(view, "identity")
  }

  private func field(_ text: String) -> String? {
    do throws(ConfigurationViolation) {
      _ = try read(text)
      return nil
    } catch {
      return error.field
    }
  }

  @Test func `everything is read`() throws {
    let settings = try read(
      #"{"keys":[{"secretFile":"/s","id":"a"},{"secretVariable":"V"},{"publicKeyFile":"/p","id":"b"},"#
        + #"{"keySetFile":"/k"},{"keySetURL":"https://a.example/k"}],"issuer":"i","audience":["a","b"],"#
        + #""type":"at+jwt","leeway":"5s","requiresExpiry":false,"maximumLifetime":"1d","allowsAnonymous":true}"#
    )
    #expect(
      settings.sources == [
        .secretFile(path: "/s", id: "a"), .secretVariable(name: "V", id: nil),
        .publicKeyFile(path: "/p", id: "b"), .keySetFile(path: "/k"),
        .keySetURL("https://a.example/k"),
      ]
    )
    var policy = TokenPolicy()
    (policy.issuer, policy.audiences, policy.type) = ("i", ["a", "b"], "at+jwt")
    (policy.leeway, policy.requiresExpiry) = (.seconds(5), false)
    (policy.maximumLifetime, policy.allowsAnonymous) = (.seconds(86_400), true)
    #expect(settings.policy == policy)
  }

  @Test func `one key is enough, and the rest has defaults`() throws {
    let settings = try read(#"{"keys":[{"secretFile":"/s"}],"audience":"a"}"#)
    var policy = TokenPolicy()
    policy.audiences = ["a"]
    #expect(settings.policy == policy && policy.leeway == .seconds(60) && policy.requiresExpiry)
  }

  @Test(arguments: [
    ("{}", "identity.keys"), (#"{"keys":[]}"#, "identity.keys"), (#"{"keys":{}}"#, "identity.keys"),
    ("[]", "identity"), (#"{"key":[]}"#, "identity.key"), (#"{"keys":[1]}"#, "identity.keys[0]"),
    (#"{"keys":[{}]}"#, "identity.keys[0]"), (#"{"keys":[{"id":"a"}]}"#, "identity.keys[0]"),
    (#"{"keys":[{"secretFile":"/s","keySetFile":"/k"}]}"#, "identity.keys[0]"),
    (#"{"keys":[{"secret":"hunter2"}]}"#, "identity.keys[0].secret"),
    (#"{"keys":[{"secretFile":""}]}"#, "identity.keys[0].secretFile"),
    (#"{"keys":[{"keySetFile":"/k","id":"a"}]}"#, "identity.keys[0].id"),
    (#"{"keys":[{"keySetURL":"http://a.example/"}]}"#, "identity.keys[0].keySetURL"),
    (#"{"keys":[{"secretFile":"/s"}],"leeway":"6m"}"#, "identity.leeway"),
    (#"{"keys":[{"secretFile":"/s"}],"leeway":60}"#, "identity.leeway"),
    (#"{"keys":[{"secretFile":"/s"}],"issuer":""}"#, "identity.issuer"),
    (#"{"keys":[{"secretFile":"/s"}],"audience":[1]}"#, "identity.audience"),
    (#"{"keys":[{"secretFile":"/s"}],"requiresExpiry":1}"#, "identity.requiresExpiry"),
  ])
  func `what is wrong is named`(text: String, expected: String) {
    #expect(field(text) == expected)
  }
}
