// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

@Suite struct FanOutShardTests {
  private let turns = Turns()
  private let topic = makeTopic()

  @Test func `news wakes the shard once per batch, and its readers once per turn`() {
    let shard = turns.makeShard()
    let (first, second) = (FakeSession(shard), FakeSession(shard))
    first.read(topic, in: shard)
    second.read(topic, in: shard)
    turns.settle(shard)
    #expect(first.pumpCount == 1)
    topic.append(event("1"))
    topic.append(event("2"))
    #expect(turns.waitingCount == 1)
    turns.settle(shard)
    #expect(first.pumpCount == 2)
    #expect(second.pumpCount == 2)
    #expect(turns.waitingCount == 0)
  }

  @Test func `a session of several topics with news is pumped once`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    let topics = (1...50).map { makeTopic("t\($0)") }
    for topic in topics { session.read(topic, in: shard) }
    turns.settle(shard)
    #expect(session.pumpCount == 1)
    for topic in topics { topic.append(event("1")) }
    turns.settle(shard)
    #expect(session.pumpCount == 2)
  }

  @Test func `what is published while readers are pumped wakes the shard again`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    let topic = topic
    session.onPump = { [unowned session] in
      if session.pumpCount <= 3 { topic.append(event("1")) }
    }
    session.read(topic, in: shard)
    #expect(turns.settle(shard) == 4)
    #expect(session.pumpCount == 4)
  }

  @Test func `a session that takes nothing does not keep the loop awake`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    topic.appendNumbers(1...10)
    session.read(topic, in: shard)
    topic.append(event("11"))
    #expect(turns.settle(shard) <= 2)
  }

  @Test func `a session that goes while its topic is pumped is pumped no more`() {
    let shard = turns.makeShard()
    let sessions = (1...3).map { _ in FakeSession(shard) }
    for session in sessions {
      session.read(topic, in: shard)
      session.onPump = { [unowned session] in
        session.stop(in: shard)
        shard.remove(session.id)
      }
    }
    turns.settle(shard)
    #expect(shard.sessionCount == 0)
    #expect(shard.topicCount == 0)
    topic.append(event("1"))
    turns.settle(shard)
    #expect(sessions.allSatisfy { $0.pumpCount == 1 })
    #expect(turns.waitingCount == 0)
  }

  @Test func `the last reader takes the request for news along`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    session.read(topic, in: shard)
    turns.settle(shard)
    #expect(topic.isInUse)
    session.stop(in: shard)
    #expect(!topic.isInUse)
    session.stop(in: shard)
    #expect(shard.topicCount == 0)
  }

  @Test func `late news for readers that have left does not double what later events do`() {
    let shard = turns.makeShard()
    for _ in 1...3 {
      let leaver = FakeSession(shard)
      leaver.read(topic, in: shard)
      turns.settle(shard)
      topic.append(event("1"))
      #expect(turns.waitingCount == 1)
      // Before the loop hears of it, the only reader goes, and another comes and has asked for news.
      leaver.stop(in: shard)
      let comer = FakeSession(shard)
      comer.read(topic, in: shard)
      shard.flush()
      turns.settle(shard)
      topic.append(event("2"))
      #expect(turns.waitingCount == 1)
      turns.settle(shard)
      #expect(comer.pumpCount == 2)
      comer.stop(in: shard)
    }
  }

  @Test func `a closed topic is drained and does not keep the loop awake`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    let topic = topic
    session.read(topic, in: shard)
    turns.settle(shard)
    session.onPump = { [unowned session] in
      guard session.pumpCount == 2 else { return }
      topic.append(event("2"))
      topic.close()
    }
    topic.append(event("1"))
    #expect(turns.settle(shard) <= 3)
    #expect(session.pumpCount == 3)
  }

  @Test func `a session may ask for its next turn, and gets it while it lives`() {
    let shard = turns.makeShard()
    let (first, second) = (FakeSession(shard), FakeSession(shard))
    shard.pumpAgain(first.id)
    shard.pumpAgain(second.id)
    #expect(turns.waitingCount == 1)
    shard.remove(second.id)
    turns.settle(shard)
    #expect(first.pumpCount == 1)
    #expect(second.pumpCount == 0)
    #expect(turns.waitingCount == 0)
  }

  @Test func `a late body finds its session or nobody`() {
    let shard = turns.makeShard()
    let session = FakeSession(shard)
    let later = shard.later(session.id)
    later { $0.pump() }
    turns.settle(shard)
    #expect(session.pumpCount == 1)
    shard.remove(session.id)
    later { $0.pump() }
    turns.settle(shard)
    #expect(session.pumpCount == 1)
  }
}
