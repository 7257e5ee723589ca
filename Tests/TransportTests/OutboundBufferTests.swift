// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Transport

@Suite struct OutboundBufferTests {
  /// Takes a set number of bytes per write and keeps them, as a socket with little room does.
  private struct Sink {
    var taken: [UInt8] = []
    var writeCount = 0

    mutating func take(_ list: borrowing GatherList, atMost room: Int) -> WriteOutcome {
      let wanted = taken.count + min(room, list.byteCount)
      list.withSlices { slices in
        for slice in slices {
          let bytes = UnsafeRawBufferPointer(start: slice.iov_base, count: slice.iov_len)
          taken.append(contentsOf: bytes.prefix(wanted - taken.count))
        }
      }
      writeCount += 1
      return .written(min(room, list.byteCount))
    }
  }

  private static let segmentSizes = [1, 700, 3, 512, 513, 0, 2_000, 511, 1, 1, 5_000]

  @Test(arguments: [1, 2, 3, 511, 512, 513, 700, 1_024, 9_000, 10_000])
  func `partial writes of any size deliver the exact bytes`(room: Int) {
    var buffer = OutboundBuffer()
    var sink = Sink()
    let message = pattern(Self.segmentSizes.reduce(0, +))
    var rest = message[...]
    for size in Self.segmentSizes {
      #expect(buffer.append(Array(rest.prefix(size))) == true)
      rest = rest.dropFirst(size)
      // A flush between appends makes segments join one that is written in part.
      let before = buffer.count
      let outcome = buffer.flush { sink.take($0, atMost: room) }
      #expect(outcome == (before <= room ? .drained : .blocked))
    }
    while buffer.flush(with: { sink.take($0, atMost: room) }) == .blocked {}
    #expect(sink.taken == message)
    #expect(buffer.isEmpty)
  }

  @Test func `what others keep anyway is told apart from what costs memory`() {
    var buffer = OutboundBuffer()
    #expect(buffer.append(pattern(2_000), isShared: true) == true)
    #expect(buffer.ownCount == 0 && buffer.count == 2_000)
    #expect(buffer.append(pattern(600)) == true)
    #expect(buffer.ownCount == 600)
    #expect(buffer.append(pattern(300), isShared: true) == true)
    #expect(buffer.ownCount == 600)
    // Joined to those before, so that it is a copy.
    #expect(buffer.append(pattern(100), isShared: true) == true)
    #expect(buffer.ownCount == 700)
    var sink = Sink()
    let first = buffer.flush { sink.take($0, atMost: 2_900) }
    #expect(first == .blocked)
    #expect(buffer.ownCount == 100 && buffer.count == 100)
    let second = buffer.flush { sink.take($0, atMost: 100) }
    #expect(second == .drained)
    #expect(buffer.ownCount == 0)
  }

  @Test func `the limit is taken in full and not exceeded by a byte`() {
    var buffer = OutboundBuffer(limit: 1_000)
    #expect(buffer.append(pattern(999)) == true)
    #expect(buffer.append([1, 2]) == false)
    #expect(buffer.count == 999)
    #expect(buffer.append([1]) == true)
    #expect(buffer.append([]) == true)
    #expect(buffer.append([1]) == false)
    #expect(buffer.refusedCount == 2)
    var sink = Sink()
    #expect(buffer.flush { sink.take($0, atMost: 400) } == .blocked)
    #expect(buffer.append(pattern(400)) == true)
    #expect(buffer.count == 1_000)
    #expect(buffer.peakCount == 1_000)
  }

  @Test func `small replies are joined and large ones gathered up to the list's capacity`() {
    var buffer = OutboundBuffer(limit: 1 << 20)
    var sink = Sink()
    for _ in 0..<100 { #expect(buffer.append([1, 2, 3]) == true) }
    #expect(buffer.flush { sink.take($0, atMost: .max) } == .drained)
    #expect(sink.writeCount == 1)
    for _ in 0..<GatherList.capacity + 1 { #expect(buffer.append(pattern(600)) == true) }
    #expect(buffer.flush { sink.take($0, atMost: .max) } == .drained)
    #expect(sink.writeCount == 3)
    #expect(sink.taken.count == 300 + 600 * (GatherList.capacity + 1))
  }

  @Test func `joining leaves a shared segment of another buffer as it was`() {
    let reply: [UInt8] = [1, 2, 3]
    var first = OutboundBuffer()
    #expect(first.append(reply) == true)
    let second = first
    #expect(first.append([4]) == true)
    #expect((first.count, second.count, reply) == (4, 3, [1, 2, 3]))
    var sink = Sink()
    var copy = second
    #expect(copy.flush { sink.take($0, atMost: .max) } == .drained)
    #expect(sink.taken == reply)
  }

  @Test func `a lost connection is reported and nothing counts as written`() {
    var buffer = OutboundBuffer()
    let error = SystemError(errno: 104, operation: "write to a connection")
    #expect(buffer.append([1, 2]) == true)
    #expect(buffer.flush { _ in .failed(error) } == .failed(error))
    #expect(buffer.flush { _ in .wouldBlock } == .blocked)
    #expect(buffer.count == 2)
  }

  @Test(arguments: [1, 299, 300, 600, 10_000])
  func `bytes that were begun go on where they stopped, and small ones join them`(room: Int) {
    var buffer = OutboundBuffer()
    let message = pattern(400)
    buffer.begin(with: message, from: 100)
    #expect(buffer.count == 300)
    #expect(buffer.append([1, 2, 3]) == true)
    #expect(buffer.count == 303)
    var sink = Sink()
    while buffer.flush(with: { sink.take($0, atMost: room) }) == .blocked {}
    #expect(sink.taken == Array(message[100...]) + [1, 2, 3])
    #expect(message == pattern(400))
  }
}
