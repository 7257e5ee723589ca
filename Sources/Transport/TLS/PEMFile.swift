// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// The bytes of a file of certificates or of a key; they are wiped when it goes.
struct PEMFile: ~Copyable {
  /// Most bytes read: a chain has a few KiB, the certificates a whole system trusts have 250 KiB.
  static let maximumBytes = 1 << 20

  let path: String
  private let bytes: UnsafeMutableRawBufferPointer

  /// Reads a whole file; it may block as long as its disk does.
  init(_ path: String) throws(TLSConfigurationError) {
    self.path = path
    // Without waiting for a writer, if it is a pipe.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = SystemError.last("").reason
      throw TLSConfigurationError(
        path,
        "can't be opened: \(reason)",
        remedy: "name a file that exists and that this user may read"
      )
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      (1...Self.maximumBytes).contains(Int(status.st_size))
    else {
      throw TLSConfigurationError(
        path,
        "is not a file of 1 byte to \(Self.maximumBytes >> 20) MiB",
        remedy: "name a file in PEM form"
      )
    }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.st_size), alignment: 1)
    var filled = 0
    while filled < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
      let count = uninterrupted { read(descriptor, rest.baseAddress, rest.count) }
      guard count > 0 else { break }
      filled += count
    }
    guard filled == bytes.count else {
      Self.wipe(bytes)
      throw TLSConfigurationError(path, "could not be read whole", remedy: "try again")
    }
    self.bytes = bytes
  }

  deinit {
    Self.wipe(bytes)
  }

  private static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    bytes.deallocate()
  }

  /// Hands every certificate of the file, which the body must not keep, and its index to a body.
  func forEachCertificate(
    _ body: (OpaquePointer, Int) throws(TLSConfigurationError) -> Void
  ) throws(TLSConfigurationError) {
    let reader = BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count))
    defer { BIO_free(reader) }
    ERR_clear_error()
    var count = 0
    while let certificate = PEM_read_bio_X509(reader, nil, nil, nil) {
      defer { X509_free(certificate) }
      try body(certificate, count)
      count += 1
    }
    let code = ERR_peek_last_error()
    let isEnd = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE
    let reason = takeOpenSSLReason()
    guard isEnd else { throw broken(reason) }
    guard count > 0 else { throw broken("it has no BEGIN CERTIFICATE line") }
  }

  private func broken(_ reason: String) -> TLSConfigurationError {
    TLSConfigurationError(
      path,
      "holds no certificate that can be read: \(reason)",
      remedy: "give a file in PEM form: the server's certificate first, then those that signed it"
    )
  }

  /// Hands the key of the file to a body, which must not keep it.
  func withPrivateKey(
    _ body: (OpaquePointer) throws(TLSConfigurationError) -> Void
  ) throws(TLSConfigurationError) {
    let reader = BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count))
    defer { BIO_free(reader) }
    ERR_clear_error()
    var wantsPassphrase = false
    let key = withUnsafeMutablePointer(to: &wantsPassphrase) {
      PEM_read_bio_PrivateKey(reader, nil, refusePassphrase, $0)
    }
    let reason = takeOpenSSLReason()
    guard let key else {
      throw wantsPassphrase
        ? TLSConfigurationError(
          path,
          "is protected by a passphrase, which nobody is there to enter",
          remedy: "write it without one: openssl pkey -in FILE -out NEW"
        )
        : TLSConfigurationError(
          path,
          "holds no private key that can be read: \(reason)",
          remedy: "give a file in PEM form that begins with BEGIN PRIVATE KEY"
        )
    }
    defer { EVP_PKEY_free(key) }
    try body(key)
  }
}

/// Answers OpenSSL's question for a passphrase, which would otherwise go to the terminal.
func refusePassphrase(
  _ buffer: UnsafeMutablePointer<CChar>?,
  _ size: CInt,
  _ isForWriting: CInt,
  _ context: UnsafeMutableRawPointer?
) -> CInt {
  context?.storeBytes(of: true, as: Bool.self)
  return -1
}
