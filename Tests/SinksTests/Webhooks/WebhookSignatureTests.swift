// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams
import Testing

@testable import Sinks

@Suite struct WebhookSignatureTests {
  private static let vector = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  @Test func `the signature is that of the specification's example`() throws {
    let key = try #require(WebhookKey(Self.vector))
    let signature = WebhookSignature.make(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      seconds: 1_614_265_330,
      body: Array(#"{"test": 2432232314}"#.utf8),
      key.secret
    )
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(key.text == Self.vector)
  }

  @Test func `a key that is made has 32 bytes and is nobody else's`() throws {
    let (one, other) = (WebhookKey.make(), WebhookKey.make())
    #expect(one.secret.bytes.count == 32 && one != other)
    #expect(WebhookKey(one.text) == one)
  }

  @Test(arguments: [
    "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
    "whsec_" + Base64.encode(Array(repeating: 1, count: 23)),
    "whsec_" + Base64.encode(Array(repeating: 1, count: 65)),
    "whsec_" + String(repeating: "A", count: 4_000),
  ])
  func `what is no key is not taken for one`(text: String) {
    #expect(WebhookKey(text) == nil)
  }

  @Test(arguments: [24, 32, 64])
  func `a key has 24 to 64 bytes`(count: Int) {
    let bytes = (0..<count).map { UInt8($0) }
    #expect(WebhookKey("whsec_" + Base64.encode(bytes))?.secret.bytes == bytes)
  }

  @Test func `an entry has one identifier, and no other entry has it`() {
    var ids: Set<String> = []
    for topic in ["a", "b", "a 1"] {
      for epoch in [1, 2, 37] as [UInt64] {
        for offset in 1...20 as ClosedRange<Offset> {
          let place = CursorPlace(Epoch(rawValue: epoch), offset)
          let id = WebhookMessage.id(topic: topic, place)
          #expect(id == WebhookMessage.id(topic: topic, place))
          #expect(id.hasPrefix("msg_") && !id.contains(".") && id.utf8.count == 36)
          ids.insert(id)
        }
      }
    }
    #expect(ids.count == 3 * 3 * 20)
  }

  @Test func `no key is printed`() throws {
    let key = try #require(WebhookKey(Self.vector))
    let text = WebhookSecretText(Self.vector)
    let request = WebhookRequest(url: "https://a.example/", topic: "t", secret: text)
    var printed = "\(key) \(text) \(request) \(String(reflecting: request))"
    dump(key, to: &printed)
    dump(request, to: &printed)
    #expect(!printed.contains("MfKQ") && !printed.contains("49, 242"))
  }
}
