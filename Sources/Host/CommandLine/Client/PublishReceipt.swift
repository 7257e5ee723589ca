// SPDX-License-Identifier: Apache-2.0
import Codecs

/// Where a server stored a publish.
struct PublishReceipt: Equatable {
  var topic: String
  var epoch: String
  var firstOffset: UInt64
  var lastOffset: UInt64

  /// Reads the answer to a publish.
  init(_ response: ServerResponse) throws(CommandFailure) {
    guard let json = response.json, let topic = json["topic"]?.string,
      let epoch = json["epoch"]?.string, let first = json["firstOffset"]?.uint64,
      let last = json["lastOffset"]?.uint64
    else {
      throw .failure(
        "the server's answer does not tell where the events are",
        remedy: "check that --server is a weir server of this version"
      )
    }
    (self.topic, self.epoch, firstOffset, lastOffset) = (topic, epoch, first, last)
  }

  /// For programs.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.text("topic", topic)
    json.text("epoch", epoch)
    json.name("firstOffset")
    json.value(firstOffset)
    json.name("lastOffset")
    json.value(lastOffset)
    json.endObject()
    return json.bytes
  }

  /// For people.
  var line: String {
    firstOffset == lastOffset
      ? "published to \(topic) at offset \(firstOffset)\n"
      : "published to \(topic) at offsets \(firstOffset) to \(lastOffset)\n"
  }
}
