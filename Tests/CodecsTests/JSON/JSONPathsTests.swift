// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Codecs

@Suite struct JSONPathsTests {
  private typealias Step = JSONPaths.Step

  /// The text of the value that each path leads to.
  private func values(_ json: String, _ paths: [[Step]]) -> [String?] {
    var wanted = JSONPaths()
    let nodes = paths.map { wanted.insert($0) }
    var places = JSONPlaces()
    let text = Array(json.utf8)
    wanted.find(in: text.span, into: &places)
    return nodes.map { node in
      places[node].map { start in
        String(decoding: text[start..<JSONScan.skipValue(text.span, from: start)], as: UTF8.self)
      }
    }
  }

  @Test func `several places are found in one pass, in any order`() {
    let json = #" {"a":{"b":[10,{"c":"}]"},[]],"x":1},"d":null,"a.b":2} "#
    let paths: [[Step]] = [
      [.member("d")], [.member("a"), .member("b"), .element(1), .member("c")], [.member("a.b")],
      [.member("a"), .member("b"), .element(0)], [.member("a"), .member("x")], [],
      [.member("none")],
      [.member("a"), .member("none")], [.member("d"), .member("a")], [.element(0)],
      [.member("a"), .member("b"), .element(3)],
    ]
    let found = values(json, paths)
    #expect(
      found == [
        "null", #""}]""#, "2", "10", "1", json.trimmed, nil, nil, nil, nil, nil,
      ]
    )
  }

  @Test func `the first of members with one name counts, escaped or not`() {
    #expect(values(#"{"\u0061":1,"a":2}"#, [[.member("a")]]) == ["1"])
    #expect(values(#"{"a":{"b":1},"a":{"c":2}}"#, [[.member("a"), .member("c")]]) == [nil])
    #expect(
      values(
        #"{"\"":1,"\\":2,"\ud83d\ude00":3}"#,
        [[.member("\"")], [.member("\\")], [.member("😀")]]
      ) == ["1", "2", "3"]
    )
  }

  @Test func `a name with a backslash is not what its bytes mean in JSON`() throws {
    let json = #"{"\\u0061":1,"\u0061":2,"\\n":3}"#
    #expect(
      values(json, [[.member("a")], [.member(#"\u0061"#)], [.member(#"\n"#)]]) == ["2", "1", "3"]
    )
    let view = try JSONView.parse(Array(#"{"\u0061":2}"#.utf8))
    #expect(view["a"]?.int == 2)
    #expect(view[#"\u0061"#] == nil)
  }

  @Test(arguments: 1...4) func `finds what views find one by one`(seed: UInt64) throws {
    var random = SplitMix(seed)
    let names = ["a", "b", "ab", "\u{e9}", "\"", "", #"\u0061"#]
    func value(_ depth: Int) -> String {
      switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &random) {
      case 0: return "\(Int.random(in: -5...5, using: &random))"
      case 1: return #""}\"]""#
      case 2: return "null"
      case 3:
        let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1) }
        return "[" + items.joined(separator: ", ") + "]"
      default:
        let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          let name = names[Int.random(in: 0..<names.count, using: &random)]
          let quoted = String(decoding: JSONWriter.quoted(name), as: UTF8.self)
          return (name == "a" && Bool.random(using: &random) ? #""\u0061""# : quoted) + " : "
            + value(depth - 1)
        }
        return "{" + members.joined(separator: ",") + "}"
      }
    }
    for _ in 0..<1_000 {
      let json = value(4)
      let paths: [[Step]] = (0..<6).map { _ in
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
          Bool.random(using: &random)
            ? .member(names[Int.random(in: 0..<names.count, using: &random)])
            : .element(Int.random(in: 0...2, using: &random))
        }
      }
      let root = try JSONView.parse(Array(json.utf8))
      let expected = paths.map { path in
        path.reduce(Optional(root)) { view, step in
          switch step {
          case .member(let name): view?[name]
          case .element(let index):
            view.flatMap { $0.elements.indices.contains(index) ? $0.elements[index] : nil }
          }
        }
        .map { String(decoding: $0.bytes, as: UTF8.self) }
      }
      #expect(values(json, paths) == expected, "\(json) \(paths)")
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

/// A repeatable source of chance.
private struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
