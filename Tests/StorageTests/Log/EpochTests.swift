// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct EpochTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  /// The epochs of a normal and a full topic before and after the machine or the process ended.
  private func epochs(
    newBoot: Bool,
    closing: Bool
  ) throws -> (normal: [Epoch], full: [Epoch], renewed: [String]) {
    var settings = StorageSettings()
    settings.bootID = "one"
    let log = try TestLog(place.database, settings: settings)
    let normal = try log.topic("n", StorageRules(synchronous: .normal))
    let full = try log.topic("f", StorageRules(synchronous: .full))
    try log.append(["x"], to: normal)
    if newBoot { log.settings.bootID = "two" }
    try log.reopen(closing: closing)
    let after = try (log.now(normal), log.now(full))
    #expect(after.0.nextOffset == 2)
    return (
      [normal.epoch, after.0.epoch], [full.epoch, after.1.epoch], log.writer.findings.renewed
    )
  }

  @Test(arguments: [(false, false), (false, true), (true, true)])
  func `epochs last when nothing can be lost`(newBoot: Bool, closing: Bool) throws {
    let epochs = try epochs(newBoot: newBoot, closing: closing)
    #expect(Set(epochs.normal).count == 1)
    #expect(Set(epochs.full).count == 1)
    #expect(epochs.renewed == [])
  }

  @Test func `a normal topic has a new epoch after the machine stopped`() throws {
    let epochs = try epochs(newBoot: true, closing: false)
    #expect(Set(epochs.normal).count == 2)
    #expect(Set(epochs.full).count == 1)
    #expect(epochs.renewed == ["n"])
  }

  @Test func `a life says which it goes on with, and from where`() throws {
    var settings = StorageSettings()
    settings.bootID = "0"
    let log = try TestLog(place.database, settings: settings)
    let topic = try log.topic("n", StorageRules(synchronous: .normal))
    #expect(try log.now(topic).formerLives == [])
    var lives: [FormerLife] = []
    for boot in 1...20 {
      try log.append(["x"], to: topic, marks: [.endOfInput])
      let before = try log.now(topic)
      let end = Position(next: before.nextOffset, nextMark: before.nextMark)
      lives.append(FormerLife(before.epoch, end: end))
      log.settings.bootID = "\(boot)"
      try log.reopen()
      #expect(try log.now(topic).formerLives == lives.suffix(16), "\(boot)")
    }
    #expect(TopicOrigin(try log.now(topic)).formerLives.count == 16)
    // Another topic of that number has none of them.
    let answer = Answer<Void>()
    log.writer.serve([.deleteTopic(topic.id, answer.take)])
    try answer.get()
    try log.reopen()
    let other = try log.topic("n")
    #expect(other.id == topic.id)
    try log.reopen()
    #expect(try log.now(other).formerLives == [])
  }

  @Test func `rules of a topic can change and last`() throws {
    let log = try TestLog(place.database)
    let topic = try log.topic("a", StorageRules(synchronous: .normal))
    let other = try log.topic("a", StorageRules(synchronous: .full, maximumCount: 5))
    #expect(topic.id == other.id && topic.epoch == other.epoch)
    #expect(other.rules.maximumCount == 5)
    try log.reopen()
    #expect(try log.now(topic).rules.synchronous == .full)
  }
}
