// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Storage

@Suite struct DataDirectoryTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  @Test func `the second who wants a directory is told who has it`() throws {
    let path = "\(place.path)/data"
    do {
      let directory = try DataDirectory(path)
      let error = #expect(throws: StorageError.self) { _ = try DataDirectory(path) }
      guard case .inUse(let holder) = error?.reason else {
        Issue.record("expected inUse, got \(String(describing: error))")
        return
      }
      #expect(holder.hasPrefix("process \(ProcessInfo.processInfo.processIdentifier) on "))
      #expect(directory.databasePath == "\(path)/weir.db")
    }
    _ = try DataDirectory(path)
  }

  @Test func `a directory is only for its owner`() throws {
    let path = "\(place.path)/data"
    _ = try DataDirectory(path)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
  }

  @Test func `a file in the place of the directory is refused`() throws {
    let path = "\(place.path)/data"
    try Data().write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: StorageError.self) { _ = try DataDirectory(path) }
    #expect(error?.reason == .inputOutput)
  }

  @Test func `a directory whose parent is not there is refused`() throws {
    let error = #expect(throws: StorageError.self) {
      _ = try DataDirectory("\(place.path)/a/b")
    }
    #expect(error?.operation == "make directory")
  }

  private func lives(_ boots: [(boot: String?, closes: Bool)]) throws -> [Lifetime] {
    try boots.map { boot, closes in
      let database = try place.writer()
      _ = try Schema.prepare(database)
      let lifetime = try Lifetime(lastIn: database, bootID: boot)
      try Lifetime.begin(in: database, bootID: boot)
      if closes { try Lifetime.end(in: database) }
      return lifetime
    }
  }

  @Test func `only an unclean end of the machine may have lost commits`() throws {
    let lives = try lives([
      ("a", false),  // new
      ("a", true),  // the process crashed
      ("b", false),  // closed, then the machine restarted
      ("c", false),  // the machine stopped
      (nil, false),  // not known: it may have
      (nil, false),  // not known, again
    ])
    #expect(lives.map(\.mayHaveLost) == [false, false, false, true, true, true])
    #expect(lives.map(\.wasClosed) == [true, false, true, false, false, false])
  }

  @Test func `a boot has a name here`() {
    #expect(Files.bootID?.count == 36)
  }
}
