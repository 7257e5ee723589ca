// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// The keys with which a server seals the tickets of its sessions, made anew as time goes by.
///
/// Whoever learns such a key can read the sessions of TLS 1.2 that its tickets lead to (RFC 9325
/// §4.4), so none lasts. A key seals until the first handshake after ``period``, and opens for one
/// more period from then; it is wiped out at the next handshake. OpenSSL alone would keep its keys for as long as the server runs.
final class TLSTicketKeys: Sendable {
  /// How long a key seals tickets.
  static let period: Duration = .seconds(3_600)
  /// How long a ticket is good for at most: no key opens it any longer.
  static let maximumLifeSeconds = 7_200

  private struct State {
    var current: TLSTicketKey
    var former: TLSTicketKey?

    mutating func renew(at now: MonotonicInstant) {
      let age = current.birth.duration(to: now)
      guard age >= TLSTicketKeys.period else { return }
      former = age < TLSTicketKeys.period * 2 ? current : nil
      current = TLSTicketKey(at: now)
    }
  }

  private let now: @Sendable () -> MonotonicInstant
  private let state: Guarded<State>

  init(now: @escaping @Sendable () -> MonotonicInstant) {
    self.now = now
    state = Guarded(State(current: TLSTicketKey(at: now())))
  }

  /// The key for new tickets.
  func sealing() -> TLSTicketKey {
    let now = now()
    return state.withLock { state in
      state.renew(at: now)
      return state.current
    }
  }

  /// The key of a ticket, and whether a new ticket should take its place; `nil` when it is too old,
  /// or another's.
  func opening(_ name: UnsafeRawBufferPointer) -> (key: TLSTicketKey, isFormer: Bool)? {
    let now = now()
    return state.withLock { state in
      state.renew(at: now)
      if state.current.isNamed(name) { return (state.current, false) }
      guard let former = state.former, former.isNamed(name) else { return nil }
      return (former, true)
    }
  }

  /// Has a context seal its tickets with these keys, which must outlive it.
  func install(in context: OpaquePointer) {
    let keys = Unmanaged.passUnretained(self).toOpaque()
    precondition(
      copenssl_set_application_data(context, keys) == 1
        && SSL_CTX_set_tlsext_ticket_key_evp_cb(context, useTicketKey) == 1,
      "OpenSSL must take a function for tickets"
    )
    _ = SSL_CTX_set_timeout(context, Self.maximumLifeSeconds)
  }
}

/// One key: its name, which tickets show, and two secrets (RFC 5077 §4).
///
/// Proof of `@unchecked`: its bytes are written before it is shared, and wiped when nobody has it.
final class TLSTicketKey: @unchecked Sendable {
  static let (nameBytes, cipherBytes, macBytes) = (16, 32, 32)

  let birth: MonotonicInstant
  private let bytes: UnsafeMutableRawBufferPointer

  init(at birth: MonotonicInstant) {
    self.birth = birth
    let count = Self.nameBytes + Self.cipherBytes + Self.macBytes
    bytes = .allocate(byteCount: count, alignment: 1)
    let code = RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), CInt(count))
    precondition(code == 1, "the system's source of randomness must work")
  }

  deinit {
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    bytes.deallocate()
  }

  var name: UnsafeRawBufferPointer { part(0, Self.nameBytes) }

  func isNamed(_ other: UnsafeRawBufferPointer) -> Bool { name.elementsEqual(other) }

  /// Sets up encryption, or decryption, and authentication of one ticket.
  fileprivate func set(
    _ cipher: OpaquePointer?,
    _ vector: UnsafePointer<UInt8>,
    _ mac: OpaquePointer?,
    encrypts: Bool
  ) -> Bool {
    let secret = part(Self.nameBytes, Self.cipherBytes)
    let authentication = part(Self.nameBytes + Self.cipherBytes, Self.macBytes)
    return EVP_CipherInit_ex(
      cipher,
      EVP_aes_256_cbc(),
      nil,
      secret.baseAddress?.assumingMemoryBound(to: UInt8.self),
      vector,
      encrypts ? 1 : 0
    ) == 1 && copenssl_set_mac_key(mac, authentication.baseAddress, authentication.count) == 1
  }

  private func part(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
  }
}

/// Gives OpenSSL the key of a ticket (SSL_CTX_set_tlsext_ticket_key_evp_cb).
///
/// - Returns: 1 to go on, 2 to go on and hand out a new ticket, 0 when the ticket is of no use, or none
///   is handed out; below 0 when nothing works.
private func useTicketKey(
  _ ssl: OpaquePointer?,
  _ name: UnsafeMutablePointer<UInt8>?,
  _ vector: UnsafeMutablePointer<UInt8>?,
  _ cipher: OpaquePointer?,
  _ mac: OpaquePointer?,
  _ encrypts: CInt
) -> CInt {
  guard let name, let vector, let data = copenssl_application_data(SSL_get_SSL_CTX(ssl)) else {
    return -1
  }
  let keys = Unmanaged<TLSTicketKeys>.fromOpaque(data).takeUnretainedValue()
  if encrypts == 1 {
    let key = keys.sealing()
    guard RAND_bytes(vector, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 else { return -1 }
    UnsafeMutableRawBufferPointer(start: name, count: TLSTicketKey.nameBytes)
      .copyMemory(from: key.name)
    return key.set(cipher, vector, mac, encrypts: true) ? 1 : -1
  }
  let wanted = UnsafeRawBufferPointer(start: name, count: TLSTicketKey.nameBytes)
  guard let (key, isFormer) = keys.opening(wanted) else { return 0 }
  guard key.set(cipher, vector, mac, encrypts: false) else { return -1 }
  return isFormer ? 2 : 1
}
