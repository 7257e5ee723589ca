// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// All topics as they are after the changes of the open transaction, with what to put back if it
/// fails.
struct TopicTable {
  /// One topic; found once for each publish, then changed in place.
  final class Cell {
    // Only the writing thread has it, and only `change` hands it out: nothing is left to check.
    @exclusivity(unchecked) fileprivate(set) var topic: StoredTopic
    /// Whether the open transaction has changed it.
    @exclusivity(unchecked) fileprivate var isTouched = false

    fileprivate init(_ topic: StoredTopic) { self.topic = topic }
  }

  /// A topic that the open transaction has changed.
  private struct Change {
    let cell: Cell
    /// As it was before; `nil` if it was not there.
    let former: StoredTopic?
  }

  /// By number: numbers are given in order, so there are few holes.
  private var cells: [Cell?] = []
  private var names: [String: TopicID] = [:]
  private var changes: [Change] = []
  /// What all topics count for.
  private(set) var totalBytes: Int64 = 0
  /// The greatest number that a topic has had.
  private(set) var newest: Int64 = 0

  /// Begins with what the database has.
  init(_ topics: [StoredTopic] = []) {
    for topic in topics { add(topic) }
  }

  private mutating func add(_ topic: StoredTopic) {
    self[cell: topic.id] = Cell(topic)
    names[topic.name] = topic.id
    totalBytes += topic.bytes
    newest = max(newest, topic.id.rawValue)
  }

  /// Notes that a number is not free: rows of a topic that was deleted have it.
  mutating func noteUsed(_ id: TopicID) { newest = max(newest, id.rawValue) }

  // MARK: Looking

  var all: [StoredTopic] { cells.compactMap { $0?.topic } }
  subscript(id: TopicID) -> StoredTopic? { cell(id)?.topic }
  subscript(name: String) -> StoredTopic? { names[name].flatMap { self[$0] } }

  func cell(_ id: TopicID) -> Cell? {
    cells.indices.contains(Int(id.rawValue)) ? cells[Int(id.rawValue)] : nil
  }

  private subscript(cell id: TopicID) -> Cell? {
    get { cell(id) }
    set {
      let index = Int(id.rawValue)
      if index >= cells.count {
        cells += repeatElement(nil, count: index + 1 - cells.count)
      }
      cells[index] = newValue
    }
  }

  // MARK: Changing

  /// Adds a topic, until the transaction fails.
  mutating func insert(_ topic: StoredTopic) {
    add(topic)
    guard let cell = self[cell: topic.id] else { return }
    cell.isTouched = true
    changes.append(Change(cell: cell, former: nil))
  }

  /// Changes a topic, until the transaction fails.
  mutating func change<Failure: Error>(
    _ cell: Cell,
    _ body: (inout StoredTopic) throws(Failure) -> Void
  ) throws(Failure) {
    if !cell.isTouched {
      cell.isTouched = true
      changes.append(Change(cell: cell, former: cell.topic))
    }
    let bytes = cell.topic.bytes
    defer { totalBytes += cell.topic.bytes - bytes }
    try body(&cell.topic)
  }

  /// Puts a topic in the place of the one with its number, until the transaction fails.
  mutating func update(_ topic: StoredTopic) {
    guard let cell = self[cell: topic.id] else { return insert(topic) }
    change(cell) { $0 = topic }
  }

  /// Takes a topic away, until the transaction fails.
  mutating func remove(_ id: TopicID) {
    guard let cell = cell(id) else { return }
    change(cell) { _ in }
    totalBytes -= cell.topic.bytes
    self[cell: id] = nil
    names[cell.topic.name] = nil
  }

  // MARK: Ending a transaction

  /// Keeps all changes; calls `body` with each topic that was changed and is still there.
  mutating func keep(_ body: (StoredTopic) -> Void) {
    for change in changes {
      change.cell.isTouched = false
      if cell(change.cell.topic.id) === change.cell { body(change.cell.topic) }
    }
    changes.removeAll(keepingCapacity: true)
  }

  /// Puts everything back as it was.
  mutating func putBack() {
    for change in changes.reversed() {
      let cell = change.cell
      cell.isTouched = false
      let isThere = self[cell: cell.topic.id] === cell
      totalBytes += (change.former?.bytes ?? 0) - (isThere ? cell.topic.bytes : 0)
      if let former = change.former {
        cell.topic = former
        self[cell: former.id] = cell
        names[former.name] = former.id
      } else if isThere {
        self[cell: cell.topic.id] = nil
        names[cell.topic.name] = nil
      }
    }
    changes.removeAll(keepingCapacity: true)
  }
}
