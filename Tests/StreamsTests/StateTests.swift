// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

private struct Place: Codable, Hashable {
  var name: String
  var latitude: Double
  var floor: Int?
  var tags: [String: [Int?]]
}

private enum Shape: Codable, Equatable {
  case nothing
  case circle(radius: Double)
  case named(String, Int)
  indirect case pair(Shape, Shape)
}

private enum Colour: String, Codable { case red, green }

private class Animal: Codable {
  var legs: Int

  init(legs: Int) {
    self.legs = legs
  }
}

private final class Dog: Animal, Equatable {
  let name: String

  private enum Keys: CodingKey { case name }

  init(name: String) {
    self.name = name
    super.init(legs: 4)
  }

  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    name = try container.decode(String.self, forKey: .name)
    try super.init(from: try container.superDecoder())
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(name, forKey: .name)
    try super.encode(to: container.superEncoder())
  }

  static func == (left: Dog, right: Dog) -> Bool {
    left.name == right.name && left.legs == right.legs
  }
}

/// A value that writes itself as a list, with lists and fields within.
private struct Matrix: Codable, Equatable {
  var rows: [[Int8]]

  init(rows: [[Int8]]) {
    self.rows = rows
  }

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    rows = []
    while !list.isAtEnd {
      var inner = try list.nestedUnkeyedContainer()
      var row: [Int8] = []
      while !inner.isAtEnd { row.append(try inner.decode(Int8.self)) }
      rows.append(row)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    for row in rows {
      var inner = list.nestedUnkeyedContainer()
      for value in row { try inner.encode(value) }
    }
  }
}

private struct Chain: Codable {
  var next: [Chain] = []
}

private func bytes<Value>(of value: Value, limit: Int = 1 << 20) throws -> [UInt8] {
  var encoder = StateEncoder(limit: limit)
  try encoder.encode(value)
  return encoder.bytes
}

private func decode<Value>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
  var decoder = StateDecoder(bytes)
  let value = try decoder.decode(type)
  #expect(decoder.remaining <= bytes.count)
  return value
}

/// Checks that a value comes back, that bytes which end early are refused, and that bytes which were
/// changed are refused or give another value, whatever they are.
private func check<Value: Equatable>(
  _ value: Value,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let whole = try bytes(of: value)
  #expect(!whole.isEmpty, sourceLocation: sourceLocation)
  var decoder = StateDecoder(whole)
  #expect(try decoder.decode(Value.self) == value, sourceLocation: sourceLocation)
  #expect(decoder.remaining == 0, sourceLocation: sourceLocation)
  for end in whole.indices {
    #expect(throws: StateError.self, "cut at \(end)", sourceLocation: sourceLocation) {
      try decode(Value.self, Array(whole[..<end]))
    }
  }
  var random = SeededGenerator(whole.count)
  for _ in 0..<2_000 {
    var damaged = whole
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      damaged[Int.random(in: damaged.indices, using: &random)] = .random(
        in: 0...255,
        using: &random
      )
    }
    expectNoHarm(Value.self, damaged, sourceLocation)
  }
  for _ in 0..<2_000 {
    let length = Int.random(in: 0...24, using: &random)
    let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
    expectNoHarm(Value.self, noise, sourceLocation)
  }
}

private func expectNoHarm<Value>(
  _ type: Value.Type,
  _ bytes: [UInt8],
  _ sourceLocation: SourceLocation
) {
  do {
    _ = try decode(type, bytes)
  } catch {
    #expect(error is StateError, sourceLocation: sourceLocation)
  }
}

@Suite struct StateTests {
  @Test func `whole numbers come back, at their limits too`() throws {
    for value in [0, 1, -1, 63, -64, 64, 1 << 40, .max, .min] as [Int] { try check(value) }
    for value in [0, 127, 128, 255, .max] as [UInt64] { try check(value) }
    try check(Int8.min)
    try check(Int16.max)
    try check(Int32.min)
    try check(UInt8.max)
    try check(UInt16.max)
    try check(UInt32.max)
    #expect(try bytes(of: -64).count == 1)
    #expect(try bytes(of: UInt64.max).count == 10)
  }

  @Test func `a number that its type can't hold is refused`() throws {
    let large = try bytes(of: 300)
    #expect(throws: StateError.self) { try decode(Int8.self, large) }
    #expect(throws: StateError.self) { try decode(UInt64.self, Array(repeating: 0xFF, count: 11)) }
    #expect(throws: StateError.self) { try decode(Bool.self, [2]) }
  }

  @Test func `text and fractions come back`() throws {
    for text in ["", "a", "naïve 🙂", String(repeating: "x", count: 200)] { try check(text) }
    try check(Character("👩‍👩‍👧"))
    for value in [0, -0.0, .pi, .infinity, .leastNonzeroMagnitude] as [Double] { try check(value) }
    try check(Float.pi)
    #expect(try decode(Double.self, bytes(of: Double.nan)).isNaN)
    try check(true)
    try check(Timestamp.never)
    try check(Timestamp.distantPast)
    #expect(throws: StateError.self) { try decode(String.self, [2, 0xC3, 0x28]) }
    #expect(throws: StateError.self) { try decode(Character.self, [2, 97, 98]) }
  }

  @Test func `optionals within optionals are told apart`() throws {
    try check(Int??.none)
    try check(Int??.some(nil))
    try check(Int??.some(7))
    try check([String?]([nil, "", "a"]))
    try check(Place?.none)
  }

  @Test func `containers come back`() throws {
    try check([Int]())
    try check([[3, 1], [], [2]])
    try check(Set(["a", "b", "c"]))
    try check(["a": [1: true], "b": [:]])
    try check([Place(name: "a", latitude: 1, floor: nil, tags: [:])])
  }

  @Test func `an event comes back`() throws {
    let event = Event(
      data: [1, 2],
      type: "t",
      subject: "k",
      time: 5,
      id: "1",
      source: "s",
      tags: ["a": "b"]
    )
    let whole = try bytes(of: event)
    let copy = try decode(Event.self, whole)
    #expect(copy.data == [1, 2] && copy.id == "1" && copy.tags == ["a": "b"])
    #expect(try bytes(of: copy) == whole)
    for end in whole.indices {
      #expect(throws: StateError.self) { try decode(Event.self, Array(whole[..<end])) }
    }
  }

  @Test func `values that are only Codable come back`() throws {
    try check(Place(name: "Köln", latitude: 50.94, floor: 3, tags: ["a": [1, nil], "b": []]))
    try check(Shape.nothing)
    try check(Shape.pair(.circle(radius: 2), .pair(.named("x", -1), .nothing)))
    try check(Colour.green)
    try check(Dog(name: "Rex"))
    try check(Matrix(rows: [[1, -1], [], [127]]))
    try check(["k": Shape.circle(radius: 1)])
  }

  @Test func `what can't be stored says so`() {
    struct Opaque { let value = 1 }
    #expect(throws: StateError.notEncodable(type: "Opaque")) { try bytes(of: Opaque()) }
    #expect(throws: StateError.notEncodable(type: "Opaque")) { try bytes(of: [Opaque()]) }
    #expect(throws: StateError.self) { try decode(Opaque.self, [0]) }
    #expect(throws: StateError.self) { try bytes(of: Int128.max) }
    #expect(throws: StateError.tooLarge(limit: 3)) { try bytes(of: "abcdef", limit: 3) }
  }

  @Test func `what is nested too deeply is refused when it is written`() throws {
    var chain = Chain()
    for _ in 0..<40 { chain = Chain(next: [chain]) }
    let whole = try bytes(of: chain)
    #expect(try bytes(of: decode(Chain.self, whole)) == whole)
    for _ in 0..<40 { chain = Chain(next: [chain]) }
    let deep = chain
    #expect(throws: StateError.self) { try bytes(of: deep) }
  }

  @Test func `a count of more than there is takes no memory`() throws {
    var many = StateEncoder()
    many.write(UInt64(1) << 40)
    let promised = many.bytes + [1, 2, 3]
    #expect(throws: StateError.self) { try decode([Int].self, promised) }
    #expect(throws: StateError.self) { try decode(Set<Int>.self, promised) }
    #expect(throws: StateError.self) { try decode([Int: Int].self, promised) }
    #expect(throws: StateError.self) { try decode(String.self, promised) }
    #expect(throws: StateError.self) { try decode(Matrix.self, [7] + promised) }
  }
}

@Suite struct StateSectionTests {
  private func section(_ name: String, version: Int, _ values: [Int]) throws -> [UInt8] {
    var encoder = StateEncoder()
    try encoder.section(name, version: version) { encoder throws(StateError) in
      for value in values { try encoder.encode(value) }
    }
    return encoder.bytes
  }

  private func read(_ bytes: [UInt8], _ name: String, version: Int) throws -> (Int, Int) {
    var decoder = StateDecoder(bytes)
    var found = (version: 0, value: 0)
    try decoder.section(name, version: version) { decoder, version throws(StateError) in
      found = (version, try decoder.decode(Int.self))
    }
    return found
  }

  @Test func `a section gives back its version and what it holds`() throws {
    let (version, value) = try read(section("scan", version: 2, [7]), "scan", version: 3)
    #expect(version == 2 && value == 7)
  }

  @Test func `another stage's or a newer section is refused`() throws {
    let bytes = try section("scan", version: 2, [7])
    #expect(throws: StateError.otherStage(expected: "map", found: "scan")) {
      try read(bytes, "map", version: 2)
    }
    #expect(throws: StateError.newerVersion(stage: "scan", version: 2)) {
      try read(bytes, "scan", version: 1)
    }
  }

  @Test func `a section is read to its end, and no further`() throws {
    #expect(throws: StateError.self) {
      try read(section("s", version: 1, [1, 2]), "s", version: 1)
    }
    #expect(throws: StateError.self) { try read(section("s", version: 1, []), "s", version: 1) }
    let following = try section("s", version: 1, []) + [5]
    #expect(throws: StateError.self) { try read(following, "s", version: 1) }
  }

  @Test func `a section that ends early or is damaged is refused or read, never worse`() throws {
    let whole = try section("scan", version: 1, [1 << 40])
    for end in whole.indices {
      #expect(throws: StateError.self) { try read(Array(whole[..<end]), "scan", version: 1) }
    }
    for index in whole.indices {
      for byte in UInt8.min...UInt8.max {
        var damaged = whole
        damaged[index] = byte
        do {
          _ = try read(damaged, "scan", version: 1)
        } catch {
          #expect(error is StateError)
        }
      }
    }
  }
}
