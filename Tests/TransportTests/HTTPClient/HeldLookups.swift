// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization

/// Names whose lookup does not end before a test lets it; each leads to 127.0.0.1 then.
final class HeldLookups: Sendable {
  private static let all = Mutex<[String: HeldLookups]>([:])
  private static let suffix = ".held.invalid"

  private let token = UUID().uuidString.lowercased()
  private let running = Mutex(0)
  private let gate = DispatchSemaphore(value: 0)

  init() {
    Self.all.withLock { $0[token] = self }
  }

  /// How many are under way.
  var runningCount: Int { running.withLock { $0 } }

  /// A name of these.
  func name(_ label: String) -> String { "\(label).\(token)\(Self.suffix)" }

  /// Ends them, and those to come.
  func release() {
    Self.all.withLock { $0[token] = nil }
    gate.signal()
  }

  private func hold() {
    running.withLock { $0 += 1 }
    gate.wait()
    // Each that goes on lets the next one go on.
    gate.signal()
    running.withLock { $0 -= 1 }
  }

  /// Waits if the name is one of a test's; answers whether it is.
  fileprivate static func hold(_ name: String) -> Bool {
    guard name.hasSuffix(suffix) else { return false }
    let token = name.dropLast(suffix.count).drop { $0 != "." }.dropFirst()
    all.withLock { $0[String(token)] }?.hold()
    return true
  }
}

/// Stands in the way of the system's `getaddrinfo`, also for libcurl, as the program's own symbols do.
@_cdecl("getaddrinfo")
func heldGetAddressInformation(
  _ name: UnsafePointer<CChar>?,
  _ service: UnsafePointer<CChar>?,
  _ hints: UnsafePointer<addrinfo>?,
  _ result: UnsafeMutablePointer<UnsafeMutablePointer<addrinfo>?>?
) -> CInt {
  let text = name.map { String(cString: $0) } ?? ""
  // Said here, since a machine without a resolver takes its time.
  if text == "none.invalid" { return EAI_NONAME }
  let isHeld = HeldLookups.hold(text)
  guard isHeld else { return systemLookup(name, service, hints, result) }
  return systemLookup("127.0.0.1", service, hints, result)
}

private typealias Lookup =
  @convention(c) (
    UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<addrinfo>?,
    UnsafeMutablePointer<UnsafeMutablePointer<addrinfo>?>?
  ) -> CInt

private let systemLookup: Lookup = {
  guard let library = dlopen("libc.so.6", RTLD_NOW), let symbol = dlsym(library, "getaddrinfo")
  else { preconditionFailure("the C library must look names up") }
  return unsafeBitCast(symbol, to: Lookup.self)
}()
