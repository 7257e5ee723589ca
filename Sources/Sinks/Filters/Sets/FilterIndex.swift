// SPDX-License-Identifier: Apache-2.0
import Streams

/// What is evaluated for an event.
struct FilterLoad: Sendable {
  var steps = 0
  var passes = 0

  init() {}

  init(_ cost: FilterCost) { (steps, passes) = (cost.steps, cost.passes) }

  static func += (sum: inout FilterLoad, other: FilterLoad) {
    sum.steps += other.steps
    sum.passes += other.passes
  }

  static func -= (sum: inout FilterLoad, other: FilterLoad) {
    sum.steps -= other.steps
    sum.passes -= other.passes
  }
}

/// Finds the filters that demand that a field is a certain text, by that text.
///
/// An event costs a look-up for each field that is indexed; of tags, for those that the event has or
/// those that are indexed, whichever are fewer. So it does not matter how many filters there are, nor
/// how many different tags they name.
struct FilterIndex: Sendable {
  private struct Key: Hashable {
    let field: Int
    let text: TextKey
  }

  /// One text of one filter, in a list of those with the same text.
  private struct Posting {
    var filter: Int
    var previous = -1
    var next = -1
  }

  /// The filters of one text.
  private struct Bucket {
    var first: Int
    /// What evaluating those costs that say more than that the text is this.
    var load = FilterLoad()
  }

  private struct Field {
    let number: Int
    var textCount = 0
  }

  private var tags: [String: Field] = [:]
  private var attributes: [FilterIndexField: Field] = [:]
  private var nextField = 0
  private var buckets: [Key: Bucket] = [:]
  private var postings: [Posting] = []
  private var free: [Int] = []

  /// How many texts there are, one for each filter that names it.
  var textCount: Int { postings.count - free.count }

  /// What is evaluated at most for an event that has one of the texts.
  func load(under equality: FilterEquality) -> FilterLoad {
    guard let field = field(equality.field)?.number else { return FilterLoad() }
    var most = FilterLoad()
    for text in equality.texts {
      guard let load = buckets[Key(field: field, text: TextKey(text))]?.load else { continue }
      most.steps = max(most.steps, load.steps)
      most.passes = max(most.passes, load.passes)
    }
    return most
  }

  /// Adds a filter under each of its texts.
  ///
  /// - Parameters:
  ///   - filter: Its number.
  ///   - equality: What it demands.
  ///   - load: What is evaluated for an event that has one of the texts.
  /// - Returns: Its postings, to take them away again.
  mutating func insert(_ filter: Int, _ equality: FilterEquality, load: FilterLoad) -> [Int] {
    let field = number(of: equality.field, adding: equality.texts.count)
    return equality.texts.map { text in
      let place = free.popLast() ?? postings.count
      if place == postings.count { postings.append(Posting(filter: filter)) }
      let key = Key(field: field, text: TextKey(text))
      let next = buckets[key]?.first ?? -1
      postings[place] = Posting(filter: filter, next: next)
      if next >= 0 { postings[next].previous = place }
      buckets[key, default: Bucket(first: place)].first = place
      buckets[key, default: Bucket(first: place)].load += load
      return place
    }
  }

  /// Takes a filter away; O(1) for each text.
  mutating func remove(_ places: [Int], _ equality: FilterEquality, load: FilterLoad) {
    let field = number(of: equality.field, adding: -equality.texts.count)
    for (place, text) in zip(places, equality.texts) {
      let posting = postings[place]
      let key = Key(field: field, text: TextKey(text))
      if posting.next >= 0 { postings[posting.next].previous = posting.previous }
      if posting.previous >= 0 {
        postings[posting.previous].next = posting.next
      } else if posting.next >= 0 {
        buckets[key]?.first = posting.next
      }
      if posting.previous < 0, posting.next < 0 {
        buckets[key] = nil
      } else {
        buckets[key]?.load -= load
      }
      free.append(place)
    }
  }

  private func field(_ field: FilterIndexField) -> Field? {
    if case .tag(let name) = field { return tags[name] }
    return attributes[field]
  }

  private mutating func number(of field: FilterIndexField, adding count: Int) -> Int {
    if case .tag(let name) = field { return Self.number(&tags, name, count, &nextField) }
    return Self.number(&attributes, field, count, &nextField)
  }

  private static func number<Name: Hashable>(
    _ fields: inout [Name: Field],
    _ name: Name,
    _ count: Int,
    _ next: inout Int
  ) -> Int {
    var field = fields[name] ?? Field(number: next)
    if fields[name] == nil { next += 1 }
    field.textCount += count
    fields[name] = field.textCount > 0 ? field : nil
    return field.number
  }

  /// Calls `body` with each filter that an event's texts lead to, each once.
  func forEachCandidate(of event: Event, _ body: (Int) -> Void) {
    for (attribute, field) in attributes {
      if let text = attribute.text(of: event) { forEach(field.number, text, body) }
    }
    if tags.isEmpty { return }
    let given = event.tags
    if tags.count <= given.count {
      for (name, field) in tags {
        if let text = given[name] { forEach(field.number, text, body) }
      }
    } else {
      for (name, text) in given {
        if let field = tags[name] { forEach(field.number, text, body) }
      }
    }
  }

  @inline(__always) private func forEach(_ field: Int, _ text: String, _ body: (Int) -> Void) {
    guard var place = buckets[Key(field: field, text: TextKey(text))]?.first else { return }
    while place >= 0 {
      body(postings[place].filter)
      place = postings[place].next
    }
  }
}
