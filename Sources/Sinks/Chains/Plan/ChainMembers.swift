// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The members of a stage while they are read, so that none is overlooked.
struct ChainMembers {
  let stage: Int
  /// Where they stand, such as `throttle` or `window.sliding`.
  let path: String
  private let json: JSONView
  private var left: [String]

  /// Takes an object.
  ///
  /// - Throws: ``ChainViolation`` if the value is no object.
  init(_ json: JSONView, stage: Int, path: String, example: String) throws(ChainViolation) {
    guard json.kind == .object else {
      throw ChainViolation(
        stage: stage,
        field: path,
        "an object is expected",
        remedy: "write \(example)"
      )
    }
    (self.json, self.stage, self.path) = (json, stage, path)
    var names: [String] = []
    json.forEachMember { name, _ in names.append(name) }
    left = names
  }

  /// The value of a member, which is thereby known.
  mutating func take(_ name: String) -> JSONView? {
    left.removeAll { $0 == name }
    return json[name]
  }

  /// The names that were not taken.
  var unknown: [String] { left }

  func field(_ name: String) -> String { "\(path).\(name)" }

  func violation(_ name: String, _ problem: String, remedy: String) -> ChainViolation {
    violation(.syntax, name, problem, remedy: remedy)
  }

  func violation(
    _ kind: ChainViolation.Kind,
    _ name: String,
    _ problem: String,
    remedy: String
  ) -> ChainViolation {
    ChainViolation(kind, stage: stage, field: field(name), problem, remedy: remedy)
  }

  /// Refuses what was not taken.
  func finish(known: String) throws(ChainViolation) {
    guard let name = left.first else { return }
    let near = nearestName(to: name, among: known.split(separator: ", ").map(String.init))
    let remedy = near.map { "did you mean '\($0)'? There are" } ?? "write one of"
    throw violation(.unknownName, name, "there is no such field", remedy: "\(remedy) \(known)")
  }

  /// A whole number in a range.
  mutating func int(
    _ name: String,
    _ range: ClosedRange<Int>
  ) throws(ChainViolation) -> Int? {
    guard let value = take(name) else { return nil }
    guard let number = value.int else {
      throw violation(name, "a whole number is expected", remedy: "write one, such as 100")
    }
    guard range.contains(number) else {
      throw violation(
        .limit,
        name,
        "\(number) is not allowed",
        remedy: "write a number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return number
  }

  /// One of some words.
  mutating func word<Word>(
    _ name: String,
    _ words: [(String, Word)]
  ) throws(ChainViolation) -> Word? {
    guard let value = take(name) else { return nil }
    if let text = value.string, let found = words.first(where: { $0.0 == text }) { return found.1 }
    throw violation(
      name,
      "the value is not one of those that there are",
      remedy: "write one of " + words.map { "\"\($0.0)\"" }.joined(separator: ", ")
    )
  }

  /// A duration in milliseconds.
  mutating func duration(
    _ name: String,
    from least: Int64 = 1,
    limits: ChainLimits
  ) throws(ChainViolation) -> Int64? {
    guard let value = take(name) else { return nil }
    return try ChainDuration.read(
      value,
      from: least,
      limits: limits,
      stage: stage,
      field: field(name)
    )
  }

  /// A place in the event.
  mutating func place(_ name: String, limits: ChainLimits) throws(ChainViolation) -> ChainField? {
    guard let value = take(name) else { return nil }
    return try ChainMembers.place(value, limits: limits, stage: stage, field: field(name))
  }

  static func place(
    _ value: JSONView,
    limits: ChainLimits,
    stage: Int,
    field: String
  ) throws(ChainViolation) -> ChainField {
    let remedy = "write a path such as \"data.job\", \"tags.region\", \"type\" or \"subject\""
    guard let text = value.string else {
      throw ChainViolation(stage: stage, field: field, "a path is expected", remedy: remedy)
    }
    do throws(FilterViolation) {
      if let place = try ChainField.read(text, limits: limits.filter) { return place }
    } catch {
      throw ChainViolation(
        stage: stage,
        field: field,
        "\(error.placeAndProblem)",
        remedy: error.remedy
      )
    }
    throw ChainViolation(
      stage: stage,
      field: field,
      "an expression is no path",
      remedy: remedy
    )
  }
}

extension FilterViolation {
  /// The description without the remedy.
  var placeAndProblem: String { String(description.dropLast(remedy.count + 2)) }
}
