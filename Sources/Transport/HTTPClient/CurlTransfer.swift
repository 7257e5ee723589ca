// SPDX-License-Identifier: Apache-2.0
import CCurl
import CLinux
import Glibc

/// One request under way in libcurl, and the answer as far as it has come; confined to its loop.
///
/// The handle is lent: whoever made it takes it back after the transfer.
final class CurlTransfer {
  let id: UInt64
  let easy: UnsafeMutableRawPointer
  private let addresses: AddressPolicy
  /// How many redirects are followed.
  let redirectLimit: Int
  private var fieldList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  var assembler: ResponseAssembler
  /// Connections that were begun.
  private(set) var openedCount = 0
  /// Whether no descriptor was left for a connection.
  private(set) var lacksDescriptor = false
  /// Whether a name is looked up for it, which takes a thread of libcurl's.
  private(set) var isLookingUp = false
  /// Whether only the end of its lookup is awaited.
  private var isAbandoned = false
  private var lastTried: Attempt?
  private var lastRefused: Attempt?

  /// An address, and how many heads had come when libcurl asked for it.
  private struct Attempt {
    let address: SocketAddress
    let headCount: Int
  }

  init(
    _ id: UInt64,
    _ request: HTTPClient.Request,
    _ target: HTTPTarget,
    _ configuration: HTTPClient.Configuration,
    on easy: UnsafeMutableRawPointer
  ) throws(HTTPClient.Failure) {
    self.id = id
    self.easy = easy
    addresses = configuration.addresses
    if case .followed(let maximum) = request.redirects {
      redirectLimit = maximum
    } else {
      redirectLimit = 0
    }
    assembler = ResponseAssembler(
      maximumHeadBytes: configuration.maximumResponseHeadBytes,
      maximumBodyBytes: request.maximumResponseBodyBytes ?? configuration.maximumResponseBodyBytes
    )
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    fieldList = try Self.makeFieldList(request)
    var options = CurlOptions(easy)
    options.set(request, target, configuration, fields: fieldList)
    options.setCallbacks(
      context: Unmanaged.passUnretained(self).toOpaque(),
      errorText: errorText
    )
    if let code = options.fault { throw .exhausted(code: Int(code.rawValue)) }
  }

  deinit {
    curl_slist_free_all(fieldList)
    errorText.deallocate()
  }

  /// The transfer that a handle belongs to.
  static func of(_ easy: UnsafeMutableRawPointer) -> CurlTransfer? {
    var context: UnsafeMutableRawPointer?
    guard ccurl_get_private(easy, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// Whether a connection stands and the request goes over it.
  var isConnected: Bool { time(CURLINFO_PRETRANSFER_TIME_T) > .zero }

  /// How far it is.
  var phase: HTTPClient.Phase {
    if assembler.hasBegun { return .body }
    return isConnected ? .firstByte : .connecting
  }

  /// Reads one of the times that libcurl notes, from the start on.
  func time(_ info: CURLINFO) -> Duration {
    var microseconds: curl_off_t = 0
    ccurl_get_time(easy, info, &microseconds)
    return .microseconds(microseconds)
  }

  func number(_ info: CURLINFO) -> Int {
    var number = 0
    ccurl_get_number(easy, info, &number)
    return number
  }

  /// Hears that a name is looked up from now on.
  func beginLookup() {
    isLookingUp = true
  }

  /// Lets nothing follow the lookup that is under way: no connection is opened.
  func abandon() {
    isAbandoned = true
    var options = CurlOptions(easy)
    options.setLookupOnly()
  }

  /// What libcurl says of the failure, in words.
  var detail: String { String(cString: errorText) }

  /// Opens a socket for an address, unless the policy forbids it; -1 then, and where there is none.
  func open(_ wanted: UnsafePointer<curl_sockaddr>) -> CInt {
    isLookingUp = false
    guard !isAbandoned else { return CURL_SOCKET_BAD }
    var storage = sockaddr_storage()
    let length = min(Int(wanted.pointee.addrlen), MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: ccurl_address(wanted), count: length))
    }
    guard let address = SocketAddress(storage) else { return CURL_SOCKET_BAD }
    guard addresses.allows(address) else {
      lastRefused = Attempt(address: address, headCount: assembler.headCount)
      return CURL_SOCKET_BAD
    }
    lastTried = Attempt(address: address, headCount: assembler.headCount)
    openedCount += 1
    let type = wanted.pointee.socktype | CInt(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let opened = socket(wanted.pointee.family, type, wanted.pointee.protocol)
    if opened < 0 { lacksDescriptor = SystemError.last("open a socket").isDescriptorShortage }
    return opened
  }

  /// The address that was connected to last, for the URL that a redirect led to if one did.
  var triedAddress: SocketAddress? { current(lastTried) }
  /// The address that the policy forbade last, likewise.
  var refusedAddress: SocketAddress? { current(lastRefused) }

  private func current(_ attempt: Attempt?) -> SocketAddress? {
    attempt?.headCount == assembler.headCount ? attempt?.address : nil
  }

  private static func makeFieldList(
    _ request: HTTPClient.Request
  ) throws(HTTPClient.Failure) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    // An empty value takes a semicolon; a name with a colon alone takes libcurl's own field away.
    var lines = request.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    lines.append("Expect:")
    if !request.fields.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append("Content-Type:")
    }
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        curl_slist_free_all(list)
        throw .exhausted(code: Int(CURLE_OUT_OF_MEMORY.rawValue))
      }
      list = longer
    }
    return list
  }
}
