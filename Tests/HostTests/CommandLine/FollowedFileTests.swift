// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Host

@Suite struct FollowedFileTests {
  /// Reads until there is nothing twice in a row: a file that is replaced gets a second look.
  private func read(_ file: FollowedFile) throws -> [String] {
    var result: [String] = []
    var idleCount = 0
    while idleCount < 2 {
      var bytes: [UInt8] = []
      switch try file.read(into: &bytes) {
      case .bytes:
        result.append(String(decoding: bytes, as: UTF8.self))
        idleCount = 0
      case .restarted:
        result.append("restarted")
        idleCount = 0
      case .nothing: idleCount += 1
      case .end: result.append("end")
      }
    }
    return result
  }

  @Test func `growth is read as it comes`() throws {
    let temporary = try TemporaryFile("a\n")
    let file = try FollowedFile(path: temporary.path)
    #expect(try read(file) == ["a\n"])
    #expect(try read(file) == [])
    try temporary.append("b")
    #expect(try read(file) == ["b"])
  }

  @Test func `a renamed file is read to its end before the new one`() throws {
    let temporary = try TemporaryFile("a\n")
    let file = try FollowedFile(path: temporary.path)
    #expect(try read(file) == ["a\n"])
    try temporary.append("last\n")
    try FileManager.default.moveItem(atPath: temporary.path, toPath: temporary.path + ".1")
    #expect(try read(file) == ["last\n"])
    #expect(try read(file) == [], "while there is no new file the old one is all there is")
    try temporary.write("new\n")
    #expect(try read(file) == ["restarted", "new\n"])
    try temporary.append("more\n")
    #expect(try read(file) == ["more\n"])
  }

  @Test func `a writer that goes on in the renamed file is heard`() throws {
    let temporary = try TemporaryFile("a\n")
    let old = try #require(FileHandle(forWritingAtPath: temporary.path))
    try old.seekToEnd()
    let file = try FollowedFile(path: temporary.path)
    #expect(try read(file) == ["a\n"])
    try FileManager.default.moveItem(atPath: temporary.path, toPath: temporary.path + ".1")
    try temporary.write("new\n")
    var bytes: [UInt8] = []
    #expect(try file.read(into: &bytes) == .nothing)
    try old.write(contentsOf: Data("late\n".utf8))
    #expect(try read(file) == ["late\n", "restarted", "new\n"])
  }

  @Test func `a file that is cut short is read from its start`() throws {
    let temporary = try TemporaryFile("first\nsecond\n")
    let file = try FollowedFile(path: temporary.path)
    #expect(try read(file) == ["first\nsecond\n"])
    let handle = try #require(FileHandle(forWritingAtPath: temporary.path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data("third\n".utf8))
    #expect(try read(file) == ["restarted", "third\n"])
  }
}
