// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Where the reader of an event stream stands in its topics, kept as the text of a ``ResumePoint``:
/// an event replaces one number.
struct EventStreamPlaces {
  private struct Place {
    /// Topic and epoch, with what follows them.
    let prefix: [UInt8]
    var text: [UInt8]
  }

  private var places: [Place] = []

  /// Adds a topic, behind those that are there.
  ///
  /// - Parameters:
  ///   - name: The topic, as the client calls it.
  ///   - epoch: Its epoch, as the client is told.
  ///   - offset: The last offset that was sent, or `nil` while the client is still to be told that
  ///     its place is no more: until then the topic has a place that never is, so that a client
  ///     which is cut off before it hears of it is told when it comes back.
  mutating func add(_ name: String, epoch: String, at offset: Offset?) {
    let name = PercentEncoding.encode(name)
    let prefix = Array("\(name):\(PercentEncoding.encode(epoch)):".utf8)
    places.append(Place(prefix: prefix, text: Array("\(name):-:0".utf8)))
    if let offset { set(places.count - 1, offset) }
  }

  /// Moves behind an entry of a topic.
  mutating func set(_ index: Int, _ offset: Offset) {
    places[index].text.removeAll(keepingCapacity: true)
    places[index].text.append(contentsOf: places[index].prefix)
    places[index].text.append(contentsOf: "\(offset)".utf8)
  }

  /// The places in all topics.
  var text: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  /// The end of a block: its `id:`.
  var idLine: [UInt8] {
    var bytes = Array("id: ".utf8)
    append(to: &bytes)
    bytes.append(contentsOf: "\n\n".utf8)
    return bytes
  }

  private func append(to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + places.reduce(2) { $0 + $1.text.count + 1 })
    for (index, place) in places.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: place.text)
    }
  }
}
