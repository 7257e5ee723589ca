// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing
import Transport

/// An nginx with certificates of its own: HTTPS with and without HTTP/2, in front of another server.
///
/// Debian's nginx-light, which `script/setup --tests` installs.
struct NginxServer {
  private static let program = "/usr/sbin/nginx"

  /// Where everything of it lies: configuration, certificates, process number.
  let directory: URL
  /// Speaks HTTP/2 and HTTP/1.1.
  let port2: UInt16
  /// Speaks HTTP/1.1 only.
  let port1: UInt16

  /// Speaks plain HTTP/1.1.
  let plainPort: UInt16

  /// The certificate that the server's is signed with.
  var authority: String { directory.appending(path: "ca.pem").path() }

  /// Runs a body with an nginx that hands on to a port of this machine, and ends it.
  static func with(
    upstream: UInt16,
    _ body: (NginxServer) async throws -> Void
  ) async throws {
    let server = try NginxServer(upstream: upstream)
    defer { try? FileManager.default.removeItem(at: server.directory) }
    try server.makeCertificates()
    let number = try server.spawn(
      program,
      ["-c", server.configurationPath, "-e", server.logPath]
    )
    defer {
      kill(number, SIGTERM)
      waitpid(number, nil, 0)
    }
    try server.waitUntilListening(number)
    try await body(server)
  }

  private init(upstream: UInt16) throws {
    try #require(
      FileManager.default.isExecutableFile(atPath: Self.program),
      "nginx is missing: script/setup --tests"
    )
    directory = FileManager.default.temporaryDirectory.appending(path: "weir-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    // All at once, so that they differ.
    let listeners = try (0..<3).map { _ in try Listener(host: "127.0.0.1", port: 0) }
    (port2, port1) = (listeners[0].port, listeners[1].port)
    plainPort = listeners[2].port
    try configuration(upstream: upstream)
      .write(toFile: configurationPath, atomically: true, encoding: .utf8)
  }

  private var configurationPath: String { directory.appending(path: "nginx.conf").path() }
  private var logPath: String { directory.appending(path: "error.log").path() }

  private func configuration(upstream: UInt16) -> String {
    let path = directory.path()
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(path)/\($0);" }.joined(separator: " ")
    return """
      \(getuid() == 0 ? "user root;" : "")
      daemon off;
      pid \(path)/nginx.pid;
      events {}
      http {
        access_log off;
        \(temporary)
        client_max_body_size 64m;
        proxy_buffering off;
        proxy_redirect off;
        ssl_certificate \(path)/server.pem;
        ssl_certificate_key \(path)/server.key;
        server {
          listen 127.0.0.1:\(port2) ssl http2;
          location / { proxy_pass http://127.0.0.1:\(upstream); }
        }
        server {
          listen 127.0.0.1:\(plainPort);
          return 204;
        }
        server {
          listen 127.0.0.1:\(port1) ssl;
          location / { proxy_pass http://127.0.0.1:\(upstream); }
        }
      }
      """
  }

  /// An authority, and a certificate of it for `localhost` only.
  private func makeCertificates() throws {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    func path(_ name: String) -> String { directory.appending(path: name).path() }
    try run(
      "/usr/bin/openssl",
      ["req", "-x509"] + key
        + ["-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj", "/CN=test authority"]
    )
    try run(
      "/usr/bin/openssl",
      ["req", "-x509"] + key
        + ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-subj", "/CN=test server"]
        + ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"]
        + ["-keyout", path("server.key"), "-out", path("server.pem")]
    )
  }

  /// Returns once the last of the ports takes connections, or fails when the process has ended.
  private func waitUntilListening(_ number: pid_t) throws {
    for port in [port2, port1, plainPort] {
      while (try? BlockingClient(host: "127.0.0.1", port: port)) == nil {
        try #require(waitpid(number, nil, WNOHANG) == 0, "\(log)")
        sched_yield()
      }
    }
  }

  private var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

  private func run(_ program: String, _ arguments: [String]) throws {
    let number = try spawn(program, arguments)
    var status: CInt = -1
    try #require(waitpid(number, &status, 0) == number && status == 0, "\(program) \(arguments)")
  }

  /// Starts a program that says nothing.
  private func spawn(_ program: String, _ arguments: [String]) throws -> pid_t {
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var number = pid_t()
    let code = posix_spawn(&number, program, &actions, nil, &words, environ)
    try #require(code == 0, "start \(program)")
    return number
  }
}
