// SPDX-License-Identifier: Apache-2.0
import COpenSSL
public import Foundation

/// A certificate and its key, as files in PEM form.
public struct TestCertificate: Sendable {
  /// The file of the certificate, and of those between it and its authority.
  public let certificatePath: String
  /// The file of the key.
  public let keyPath: String
}

/// Makes certificates for a test, in a directory that goes with it.
public final class TestAuthority {
  /// The file that a client must trust.
  public let certificatePath: String
  /// Where all files are.
  public let directory: URL
  private let certificate: OpaquePointer
  private let key: OpaquePointer

  /// Makes an authority with a key of its own.
  public init() throws {
    directory = FileManager.default.temporaryDirectory
      .appending(path: "weir-certificates-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    key = makeKey()
    var request = CertificateRequest(name: "Test authority")
    request.extensions = [(NID_basic_constraints, "critical,CA:TRUE")]
    certificate = request.sign(key, issuer: nil, issuerKey: key)
    certificatePath = directory.appending(path: "authority.pem").path
    try write(certificates: [certificate], to: certificatePath)
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
    // What can't be removed is in the directory for temporary files.
    try? FileManager.default.removeItem(at: directory)
  }

  /// Makes a server's certificate for names and addresses, valid between days from now; its files
  /// replace those of the same name.
  public func issue(
    _ file: String = "server",
    for hosts: [String] = ["DNS:localhost", "IP:127.0.0.1"],
    days: Range<Int> = -1..<30,
    isSelfSigned: Bool = false,
    hasIntermediate: Bool = false,
    passphrase: String? = nil
  ) throws -> TestCertificate {
    let made = TestCertificate(
      certificatePath: directory.appending(path: "\(file).pem").path,
      keyPath: directory.appending(path: "\(file).key").path
    )
    let (own, between) = (makeKey(), makeKey())
    defer {
      EVP_PKEY_free(own)
      EVP_PKEY_free(between)
    }
    var request = CertificateRequest(name: "Test server", days: days)
    request.extensions = [(NID_subject_alt_name, hosts.joined(separator: ","))]
    var chain: [OpaquePointer] = []
    defer { for certificate in chain { X509_free(certificate) } }
    if hasIntermediate {
      var intermediate = CertificateRequest(name: "Test intermediate")
      intermediate.extensions = [(NID_basic_constraints, "critical,CA:TRUE")]
      chain = [intermediate.sign(between, issuer: certificate, issuerKey: key)]
    }
    let issuer = isSelfSigned ? nil : chain.first ?? certificate
    let issuerKey = isSelfSigned ? own : hasIntermediate ? between : key
    chain.insert(request.sign(own, issuer: issuer, issuerKey: issuerKey), at: 0)
    try write(certificates: chain, to: made.certificatePath)
    try write(key: own, to: made.keyPath, passphrase: passphrase)
    return made
  }
}

private struct CertificateRequest {
  var name: String
  var days = -1..<30
  var extensions: [(kind: CInt, value: String)] = []

  /// Makes the certificate of a key; without an issuer it is its own.
  func sign(
    _ key: OpaquePointer,
    issuer: OpaquePointer?,
    issuerKey: OpaquePointer
  ) -> OpaquePointer {
    guard let certificate = X509_new() else { preconditionFailure("there must be memory") }
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1..<1 << 60))
    X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * 86_400)
    X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * 86_400)
    let subject = X509_get_subject_name(certificate)
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0)
    X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0) } ?? subject)
    X509_set_pubkey(certificate, key)
    for (kind, value) in extensions {
      let made = X509V3_EXT_conf_nid(nil, nil, kind, value)
      precondition(made != nil, "'\(value)' must be an extension")
      X509_add_ext(certificate, made, -1)
      X509_EXTENSION_free(made)
    }
    precondition(X509_sign(certificate, issuerKey, EVP_sha256()) > 0, "a key must sign")
    return certificate
  }
}

private func makeKey() -> OpaquePointer {
  let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
  defer { EVP_PKEY_CTX_free(context) }
  var key: OpaquePointer?
  EVP_PKEY_keygen_init(context)
  EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
  EVP_PKEY_keygen(context, &key)
  guard let key else { preconditionFailure("OpenSSL must make a key") }
  return key
}

private func write(certificates: [OpaquePointer], to path: String) throws {
  try write(to: path) { file in
    for certificate in certificates { PEM_write_bio_X509(file, certificate) }
  }
}

private func write(key: OpaquePointer, to path: String, passphrase: String?) throws {
  try write(to: path) { file in
    let cipher = passphrase == nil ? nil : EVP_aes_128_cbc()
    let count = CInt(passphrase?.utf8.count ?? 0)
    PEM_write_bio_PKCS8PrivateKey(file, key, cipher, passphrase, count, nil, nil)
  }
}

/// Replaces a file at once, as whoever renews certificates should.
private func write(to path: String, _ body: (OpaquePointer) -> Void) throws {
  guard let file = BIO_new_file("\(path).new", "w") else { throw CocoaError(.fileWriteUnknown) }
  body(file)
  BIO_free(file)
  precondition(rename("\(path).new", path) == 0, "a file must be replaced")
}
