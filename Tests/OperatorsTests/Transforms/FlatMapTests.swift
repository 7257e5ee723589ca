// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct FlatMapTests {
  @Test func `each element becomes a sequence, in order and at its instant`() {
    let result = Marbles("1-3(20)|").map { $0.wholeNumberValue ?? 0 }.through {
      $0.flatMap { Array(repeating: $0, count: $0) }
    }
    #expect(result.steps == [[1], [], [3, 3, 3], [2, 2], []])
  }

  @Test func `random streams come out as nested loops say`() async throws {
    try await OperatorLaws.expect { flow in
      flow.flatMap { 0..<($0 % 5) }
    } gives: { steps in
      steps.joined().flatMap { 0..<($0 % 5) }
    }
  }

  @Test func `two in a row come out as nested loops say`() async throws {
    try await OperatorLaws.expect { flow in
      flow.flatMap { $0..<($0 + 3) }.flatMap { 0..<($0 % 4) }
    } gives: { steps in
      let first: [Int] = steps.joined().flatMap { $0..<($0 + 3) }
      return first.flatMap { 0..<($0 % 4) }
    }
  }

  @Test func `no more than there is room for is asked of an endless sequence`() {
    var operation = FlatMap<Int, PartialRangeFrom<Int>, Never> { $0... }
    var outputs: [Int] = []
    operation.receive(7, at: 0) { outputs.append($0) }
    #expect(outputs == [7])
    operation.resume(at: 0, room: 3) { outputs.append($0) }
    #expect(outputs == [7, 8, 9, 10] && operation.isPending)
  }

  @Test func `a prefix behind an endless sequence ends the flow`() async throws {
    let topic = Topic<Int>("n")
    try await topic.publish([5, 50])
    var found: [Int] = []
    for try await value in topic.flow(from: .earliest).flatMap({ $0... }).prefix(4) {
      found.append(value)
    }
    #expect(found == [5, 6, 7, 8])
  }

  @Test func `the closure is asked anew for what is left after a restart`() throws {
    var operation = FlatMap<Int, Range<Int>, Never> { 0..<$0 }
    operation.receive(5, at: 0) { _ in }
    operation.resume(at: 0, room: 2) { _ in }
    var encoder = StateEncoder()
    try operation.encode(into: &encoder)
    var copy = FlatMap<Int, Range<Int>, Never> { 0..<$0 }
    var decoder = StateDecoder(encoder.bytes)
    try copy.restore(from: &decoder)
    var rest: [Int] = []
    while copy.isPending { copy.resume(at: 0, room: 1) { rest.append($0) } }
    #expect(rest == [3, 4])
    var shorter = FlatMap<Int, Range<Int>, Never> { 0..<($0 - 2) }
    var again = StateDecoder(encoder.bytes)
    #expect(throws: StateError.self) { try shorter.restore(from: &again) }
  }
}
