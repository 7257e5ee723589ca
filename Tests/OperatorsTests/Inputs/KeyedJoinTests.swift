// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct KeyedJoinTests {
  private typealias Join = KeyedJoin<Reading, Reading, String>

  private func join(
    _ left: JoinRows = .all,
    _ right: JoinRows = .all,
    limit: JoinLimit = .standard
  ) -> Join {
    KeyedJoin(on: \.key, equals: \.key, keeping: left, right, limit: limit)
  }

  private func reading(_ value: Int, _ key: String = "a") -> Reading {
    Reading(key: key, time: 0, value: value)
  }

  private func texts(_ join: Join, _ steps: [InputStep<Reading, Reading>]) throws -> [String] {
    try run(join, steps).outputs.map { "\($0.left.value)-\($0.right.value)" }
  }

  @Test func `each element meets all that came before it on the other side`() throws {
    let steps: [InputStep<Reading, Reading>] = [
      .left(reading(1)), .right(reading(2)), .left(reading(3)), .right(reading(4, "b")),
      .right(reading(5)),
    ]
    #expect(try texts(join(), steps) == ["1-2", "3-2", "1-5", "3-5"])
  }

  @Test func `of a side that changes only the newest is met`() throws {
    let steps: [InputStep<Reading, Reading>] = [
      .right(reading(1)), .right(reading(2)), .left(reading(3)), .left(reading(4)),
      .right(reading(5)),
    ]
    #expect(try texts(join(.newest, .newest), steps) == ["3-2", "4-2", "4-5"])
    #expect(try texts(join(.all, .newest), steps) == ["3-2", "4-2", "3-5", "4-5"])
  }

  @Test func `beyond the limit the oldest goes, or the new one is not kept`() throws {
    let steps: [InputStep<Reading, Reading>] = [
      .left(reading(1)), .left(reading(2, "b")), .left(reading(3)), .right(reading(4)),
      .right(reading(5, "b")),
    ]
    let result = try run(join(limit: JoinLimit(2)), steps)
    #expect(result.outputs.map(\.left.value) == [3])
    #expect(result.chain.stages[0]["dropped"] == 3)
    #expect(result.chain.stages[0]["held"] == 2)
    #expect(try texts(join(limit: JoinLimit(2, overflow: .refuse)), steps) == ["1-4", "2-5"])
  }

  @Test(arguments: 0..<30)
  func `random inputs give every pair once, in the order in which it is complete`(
    seed: Int
  ) throws {
    var maker = InputMaker(seed)
    let steps = maker.steps(80)
    var (lefts, rights, expected) = ([Reading](), [Reading](), [String]())
    for step in steps {
      switch step {
      case .watermark: break
      case .left(let left):
        lefts.append(left)
        for right in rights where right.key == left.key {
          expected.append("\(left.value)-\(right.value)")
        }
      case .right(let right):
        rights.append(right)
        for left in lefts where left.key == right.key {
          expected.append("\(left.value)-\(right.value)")
        }
      }
    }
    #expect(try texts(join(), steps) == expected)
    for limit in [JoinLimit.standard, JoinLimit(7), JoinLimit(7, overflow: .refuse)] {
      let whole = try run(join(.all, .newest, limit: limit), steps).outputs
      let cut = Int.random(in: 0..<80, using: &maker.random)
      let parts = try run(join(.all, .newest, limit: limit), steps, room: 1, cut: cut).outputs
      #expect(whole == parts)
    }
  }
}
