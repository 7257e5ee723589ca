// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@testable import Host

@Suite struct EventMarkerTests {
  private let marker = EventMarker(topic: 42, number: 123_456_789, index: 987_654_321)

  private func stamped(run: String = "0123abcd", byteCount: Int = 128) -> [UInt8] {
    var bytes = EventMarker.payload(run: run, byteCount: byteCount)
    marker.stamp(into: &bytes, eventAt: 0)
    return bytes
  }

  private func read(_ bytes: [UInt8], run: String = "0123abcd") -> EventMarker? {
    var reader = MarkerReader(run: run)
    return bytes.withUnsafeBufferPointer { reader.read($0) }
  }

  @Test(arguments: [64, 65, 128, 1_000])
  func `an event is JSON of the size that was asked for`(byteCount: Int) throws {
    let bytes = stamped(byteCount: byteCount)
    #expect(bytes.count == byteCount)
    let json = try JSONView.parse(bytes)
    #expect(json["seq"]?.string == "0123abcd-000042-123456789-987654321")
  }

  @Test func `a marker is found wherever the event stands`() {
    for prefix in ["", "{", #"{"push":{"channel":"bench","pub":{"data":"#] {
      #expect(read(Array(prefix.utf8) + stamped()) == marker)
    }
  }

  @Test func `a reader finds markers at changing places`() {
    var reader = MarkerReader(run: "0123abcd")
    for length in [0, 5, 5, 2, 0] {
      let bytes = Array(repeating: UInt8(ascii: " "), count: length) + stamped()
      let found = bytes.withUnsafeBufferPointer { reader.read($0) }
      #expect(found == marker)
    }
  }

  @Test func `events of another run and cut ones have none`() {
    #expect(read(stamped(), run: "ffffffff") == nil)
    #expect(read(Array(stamped().prefix(40))) == nil)
    #expect(read([]) == nil)
    #expect(read(Array(#"{"seq":"0123abcd-00004x-123456789-987654321","pad":"xxxx"}"#.utf8)) == nil)
  }
}
