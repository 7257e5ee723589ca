// SPDX-License-Identifier: Apache-2.0
#if os(Linux)
import Foundation
import Glibc
import Streams
import Testing

/// What topics cost in memory, measured in processes of their own: nothing else happens there.
@Suite(.enabled(if: !ProcessMemory.isWatched, "a sanitizer keeps memory of its own"))
struct TopicMemoryTests {
  @Test func `a topic without an entry takes at most 512 bytes`() async {
    await #expect(processExitsWith: .success) {
      let topics = try ManyTopics()
      #expect(topics.bytesToMake <= 512)
    }
  }

  @Test func `a topic with an entry takes at most 512 bytes beyond the entry`() async {
    await #expect(processExitsWith: .success) {
      let topics = try ManyTopics()
      let first = try topics.bytesToPublish()
      // What an entry takes once there is room for entries: itself, its instant and its data.
      let others = (try topics.bytesToPublish() + topics.bytesToPublish()) / 2
      #expect(topics.bytesToMake + first - others <= 512)
    }
  }

  @Test func `a sweep that finds topics unused takes no memory`() async {
    await #expect(processExitsWith: .success) {
      let topics = try ManyTopics()
      let bytes = try ProcessMemory.added(by: ManyTopics.count) { topics.directory.sweep() }
      #expect(bytes <= 8)
    }
  }
}

/// So many topics that a page more or less does not matter, and that their directory has just grown.
private struct ManyTopics {
  static let count = 50_000
  let directory: TopicDirectory
  /// What each took when it was made, its place in the directory included.
  let bytesToMake: Int
  private let names: [String]

  init() throws {
    let directory = TopicDirectory(rules: .init(maximumTopics: Self.count + 1))
    let names = (0..<Self.count).map { "idle.\($0)" }
    // What is needed once shall not count as a topic's.
    try Self.publish(to: "warm", of: directory)
    bytesToMake = try ProcessMemory.added(by: Self.count) {
      for name in names { _ = try directory.topic(name) }
    }
    self.directory = directory
    self.names = names
  }

  /// Publishes an event of a byte to each; answers what that took, for each.
  func bytesToPublish() throws -> Int {
    try ProcessMemory.added(by: Self.count) {
      for name in names { try Self.publish(to: name, of: directory) }
    }
  }

  private static func publish(to name: String, of directory: TopicDirectory) throws {
    let offer = try directory.topic(name).offer([Event(data: [48])]) { _ in }
    guard case .stored = offer else { preconditionFailure("an empty topic has room") }
  }
}

/// The memory of this process.
private enum ProcessMemory {
  /// Whether a sanitizer runs with it.
  static var isWatched: Bool {
    dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil
  }

  /// What `body` adds to the resident memory, for each of `count`, in bytes.
  static func added(by count: Int, _ body: () throws -> Void) throws -> Int {
    let before = try residentBytes()
    try body()
    return (try residentBytes() - before) / count
  }

  /// See proc_pid_smaps(5); the figure of proc_pid_status(5) may be late.
  private static func residentBytes() throws -> Int {
    let rollup = try String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)
    let line = try #require(rollup.split(separator: "\n").first { $0.hasPrefix("Rss:") })
    let kilobytes = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    return kilobytes << 10
  }
}
#endif
