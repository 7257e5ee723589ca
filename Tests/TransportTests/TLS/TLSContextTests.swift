// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestCertificates
import Testing

@testable import Transport

/// Time that stands still until a test moves it.
private final class HandClock: Sendable {
  private let instant = Guarded(MonotonicInstant(nanoseconds: 0))

  var now: MonotonicInstant { instant.withLock { $0 } }

  func advance(by duration: Duration) {
    instant.withLock { $0 = $0.advanced(by: duration) }
  }
}

@Suite struct TLSContextTests {
  // MARK: Reload

  @Test func `a reload is for new connections, and open ones go on`() throws {
    let (world, other) = (try TLSWorld(), try TestAuthority())
    let old = try world.connected()
    // The same files, from another authority.
    let renewed = try other.issue()
    for (new, path) in [
      (renewed.certificatePath, world.certificate.certificatePath),
      (renewed.keyPath, world.certificate.keyPath),
    ] { try Data(contentsOf: URL(filePath: new)).write(to: URL(filePath: path), options: .atomic) }
    try world.server.reload()

    #expect(old.client.send([1, 2]) && old.server.send([3, 4]))
    try old.exchange { old.receivedByServer.count >= 2 && old.receivedByClient.count >= 2 }
    #expect(old.receivedByServer == [1, 2] && old.receivedByClient == [3, 4])

    let trusting = try TLSClientContext(authoritiesPath: other.certificatePath)
    let new = try TLSPair(world.server, trusting)
    try new.shakeHands()
    #expect(try new.clientSession.isEstablished)
    let refusing = try world.connected()
    #expect(try refusing.clientSession.failure?.reason == .certificate)
  }

  @Test func `a reload that fails changes nothing`() throws {
    let world = try TLSWorld()
    let path = world.certificate.keyPath
    _ = try world.authority.issue("other")
    let other = path.replacing("server.key", with: "other.key")
    try Data(contentsOf: URL(filePath: other)).write(to: URL(filePath: path), options: .atomic)
    #expect {
      try world.server.reload()
    } throws: {
      ($0 as? TLSConfigurationError)?.detail.contains("does not fit") == true
    }
    #expect(try world.connected().clientSession.isEstablished)
  }

  // MARK: Tickets

  @Test(arguments: [TLSVersion.version12, .version13])
  func `any loop goes on with a session of another, until a reload`(version: TLSVersion) throws {
    let world = try TLSWorld(versions: version...version)
    var ticket = try takeTicket(try world.connected())
    for count in 1...3 {
      let pair = try TLSPair(world.server, world.client, resuming: ticket)
      try pair.shakeHands()
      #expect(try pair.serverSession.isResumed && pair.clientSession.isResumed)
      #expect(world.server.statistics.counts.resumed == UInt64(count))
      ticket = try takeTicket(pair)
    }
    try world.server.reload()
    let whole = try TLSPair(world.server, world.client, resuming: ticket)
    try whole.shakeHands()
    #expect(try whole.clientSession.isEstablished)
    #expect(try !whole.clientSession.isResumed)
  }

  @Test(arguments: [TLSVersion.version12, .version13])
  func `a ticket is good for an hour at least, and less than two`(version: TLSVersion) throws {
    let world = try TLSWorld(versions: version...version)
    let clock = HandClock()
    let server = try world.makeServer { clock.now }
    // Each goes on once: OpenSSL forbids it again after an end without a goodbye.
    let take = { try self.takeTicket(try self.connected(server, world)) }
    let old = try (take(), take())
    clock.advance(by: .seconds(3_599))
    let younger = try (take(), take())
    #expect(try connected(server, world, old.0).serverSession.isResumed)
    // The key is the former one from now on, and what goes on with it gets a ticket of the next.
    clock.advance(by: .seconds(1))
    let renewing = try connected(server, world, old.1)
    #expect(try renewing.serverSession.isResumed)
    let renewed = try takeTicket(renewing)
    clock.advance(by: .seconds(3_599))
    #expect(try connected(server, world, younger.0).serverSession.isResumed)
    clock.advance(by: .seconds(1))
    #expect(try !connected(server, world, younger.1).serverSession.isResumed)
    #expect(try connected(server, world, renewed).serverSession.isResumed)
    // After a long silence no key is left that was in use before.
    let last = try take()
    clock.advance(by: .seconds(7_200))
    #expect(try !connected(server, world, last).serverSession.isResumed)
  }

  @Test func `keys of tickets differ, and know their names`() {
    let clock = HandClock()
    let keys = TLSTicketKeys { clock.now }
    let first = keys.sealing()
    #expect(keys.sealing() === first)
    #expect(keys.opening(first.name)?.isFormer == false)
    clock.advance(by: TLSTicketKeys.period)
    let second = keys.sealing()
    #expect(!first.name.elementsEqual(second.name))
    #expect(keys.opening(first.name)?.isFormer == true)
    #expect(keys.opening(second.name)?.key === second)
    #expect(TLSTicketKeys { clock.now }.opening(first.name) == nil)
    clock.advance(by: TLSTicketKeys.period * 2)
    #expect(keys.opening(second.name) == nil)
  }

  private func connected(
    _ server: TLSServerContext,
    _ world: TLSWorld,
    _ ticket: TLSTicket? = nil
  ) throws -> TLSPair {
    let pair = try TLSPair(server, world.client, resuming: ticket)
    try pair.shakeHands()
    #expect(try pair.clientSession.isEstablished)
    return pair
  }

  /// What the server leaves to the client, which with TLS 1.3 comes behind the handshake.
  private func takeTicket(_ pair: TLSPair) throws -> TLSTicket {
    #expect(pair.server.send([1]))
    try pair.exchange { !pair.receivedByClient.isEmpty }
    return try #require(try pair.clientSession.ticket)
  }

  // MARK: Files

  @Test func `the days that are left are known`() throws {
    let authority = try TestAuthority()
    for (days, left) in [(-1..<30, 29...30), (-9 ..< -3, -4 ... -3), (-2..<0, -1...0)] {
      let certificate = try authority.issue(days: days)
      let context = try TLSServerContext(
        certificatePath: certificate.certificatePath,
        keyPath: certificate.keyPath
      )
      #expect(left.contains(context.daysLeft))
    }
  }

  enum Mistake: CaseIterable {
    case noCertificate, noKey, emptyFile, directory, pipe, tooLarge, notPEM, brokenPEM, swapped
    case otherKey, passphrase
  }

  @Test(arguments: Mistake.allCases)
  func `a file that can't be used is named, with what helps`(mistake: Mistake) throws {
    let authority = try TestAuthority()
    let good = try authority.issue()
    let other = try authority.issue("other", passphrase: mistake == .passphrase ? "secret" : nil)
    let path = authority.directory.appending(path: "mistake").path
    var (certificate, key) = (path, good.keyPath)
    var words = "PEM"
    switch mistake {
    case .noCertificate: words = "No such file"
    case .noKey: (certificate, key, words) = (good.certificatePath, path, "No such file")
    case .emptyFile: try write("", to: path)
    case .directory: #expect(mkdir(path, 0o700) == 0)
    case .pipe: #expect(mkfifo(path, 0o600) == 0)
    case .tooLarge: try write(String(repeating: "x", count: 1 << 20 + 1), to: path)
    case .notPEM: try write("certificate", to: path)
    case .brokenPEM:
      try write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", to: path)
    case .swapped: (certificate, key) = (good.keyPath, good.certificatePath)
    case .otherKey:
      (certificate, key, words) = (good.certificatePath, other.keyPath, "does not fit")
    case .passphrase:
      (certificate, key, words) = (good.certificatePath, other.keyPath, "passphrase")
    }
    #expect {
      try TLSServerContext(certificatePath: certificate, keyPath: key)
    } throws: {
      guard let error = $0 as? TLSConfigurationError else { return false }
      let wrong = [path, other.keyPath].contains(key) ? key : certificate
      return error.file == wrong && error.description.contains(words) && !error.remedy.isEmpty
    }
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test func `an authority that can't be read makes no client`() throws {
    #expect(throws: TLSConfigurationError.self) {
      try TLSClientContext(authoritiesPath: "/nowhere/authority.pem")
    }
  }
}
