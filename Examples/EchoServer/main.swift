// SPDX-License-Identifier: Apache-2.0
// A server on Weir's transport alone: no topic, no pipeline, just sockets, HTTP and WebSocket.
//
//   echo-server --port 9000
//   curl http://127.0.0.1:9000/                     # hello
//   curl -d 'a body' http://127.0.0.1:9000/echo     # a body
//   python3 -m websockets ws://127.0.0.1:9000/echo  # says what you say

import Glibc
import Transport

let signals = try SignalWatcher()
do {
  let options = try EchoOptions(CommandLine.arguments.dropFirst())
  let servers = try EchoServer.start(options)
  let scheme = options.tls == nil ? "http" : "https"
  print("echo-server is at \(scheme)://\(servers[0].address)  (Ctrl-C ends it)")
  fflush(nil)
  while signals.wait(for: .seconds(3_600)) == nil {}
  for server in servers { server.stop() }
} catch {
  let line = Array("echo-server: \(error)\n".utf8)
  write(2, line, line.count)
  exit(error is EchoOptions.Violation ? 2 : 1)
}
