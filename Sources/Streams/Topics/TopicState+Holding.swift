// SPDX-License-Identifier: Apache-2.0

/// Publishes that wait, and publishes with a key.
extension TopicState {
  /// How many callers wait for a publish.
  var heldCallers: Int { held.reduce(0) { $0 + $1.callers.count } }

  /// What a topic knows of a publish by its key.
  enum Recall {
    /// Nothing: it is judged like any other.
    case unknown
    /// What it is answered: the first one's receipt, or why not.
    case answer(Offer)
    /// The first one waits, at this place; this one waits with it.
    case waiting(Int)
  }

  /// Judges a publish by its key.
  mutating func recall(_ key: PublishKey, count: Int, bytes: Int, now: Timestamp) -> Recall {
    let longest = IdempotencyLimits.maximumKeyBytes
    guard 1...longest ~= key.text.utf8.count else {
      return .answer(.refused(.invalidKey(maximumBytes: longest)))
    }
    guard let extras else { return .unknown }
    extras.keys.expire(now: max(floor, now))
    guard let memory = extras.keys[key.text] else { return .unknown }
    let isSame = memory.fingerprint == key.fingerprint
    guard memory.count == count, memory.bytes == bytes, isSame else {
      return .answer(.refused(.keyReused(count: memory.count, bytes: memory.bytes)))
    }
    if let receipt = memory.receipt {
      extras.repeatedPublishes += 1
      return .answer(.stored(receipt))
    }
    guard let first = held.firstIndex(where: { $0.key?.text == key.text }) else { return .unknown }
    let waiting = heldCallers
    guard waiting < TopicLimits.heldPublishes else {
      return .answer(.refused(.tooManyHeld(limit: waiting)))
    }
    return .waiting(first)
  }

  /// Lets a repeated publish wait with the first one.
  mutating func join(
    _ first: Int,
    completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    makeExtras().repeatedPublishes += 1
    let id = makeID()
    held[first].callers.append(.init(id: id, completion: completion))
    return .held(HeldTicket(id: id))
  }

  /// Lets a publish wait behind those that wait already.
  mutating func hold(
    _ elements: [Element],
    bytes: Int,
    key: PublishKey?,
    condition: RowCondition?,
    completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> HeldTicket {
    let id = makeID()
    let caller = HeldPublish<Element>.Caller(id: id, completion: completion)
    held.append(
      HeldPublish(
        elements: elements,
        bytes: bytes,
        key: key,
        condition: condition,
        callers: [caller]
      )
    )
    let extras = makeExtras()
    if let key { extras.keys.hold(key, count: elements.count, bytes: bytes) }
    extras.heldPublishes += 1
    return HeldTicket(id: id)
  }

  /// Takes back one caller's wait, and the publish with its last; answers whether it still waited.
  mutating func withdraw(_ id: UInt64) -> HeldPublish<Element>.Caller? {
    for index in held.indices {
      guard let place = held[index].callers.firstIndex(where: { $0.id == id }) else { continue }
      let caller = held[index].callers.remove(at: place)
      if held[index].callers.isEmpty { forgetKey(of: held.remove(at: index)) }
      return caller
    }
    return nil
  }

  /// Stores what fits now, in the order in which it came; answers whom to tell what.
  mutating func storeHeld(now: Timestamp) -> [(HeldPublish<Element>, Result<Receipt, PublishError>)]
  {
    var stored: [(HeldPublish<Element>, Result<Receipt, PublishError>)] = []
    while let first = held.first, fits(first.elements.count, first.bytes) {
      held.removeFirst()
      if let error = rowRefusal(of: first.elements, if: first.condition) {
        forgetKey(of: first)
        stored.append((first, .failure(error)))
        continue
      }
      let receipt = append(first.elements, now: now)
      if let key = first.key { makeExtras().keys.store(key, bytes: first.bytes, receipt) }
      stored.append((first, .success(receipt)))
    }
    return stored
  }

  /// Ends the topic: readers drain it, held publishes are refused.
  mutating func close(now: Timestamp) -> [HeldPublish<Element>] {
    floor = max(floor, now)
    closed = closed ?? floor
    defer { held = [] }
    for publish in held { forgetKey(of: publish) }
    return held
  }

  private func forgetKey(of publish: HeldPublish<Element>) {
    if let key = publish.key { extras?.keys.forget(key.text) }
  }
}
