// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// SwiftNIO as its examples use it, with one thread.
///
/// What is posted to `/publish` goes to all WebSockets at `/subscribe`, in a frame with the bytes of
/// Weir's.
///
/// Usage: `nio-fanout PORT`
@main
struct NIOFanout {
  static func main() throws {
    guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
      print("usage: nio-fanout PORT")
      return
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let readers = Readers()
    let server = try ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4_096)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try configure(channel, readers)
        }
      }
      .bind(host: "127.0.0.1", port: port)
      .wait()
    try server.closeFuture.wait()
  }

  private static func configure(_ channel: any Channel, _ readers: Readers) throws {
    let upgrader = NIOWebSocketServerUpgrader(
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ReaderHandler(readers))
        }
      }
    )
    let handler = PublishHandler(readers)
    let remover = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
      withServerUpgrade: (
        upgraders: [upgrader],
        completionHandler: { context in
          context.pipeline.syncOperations.removeHandler(remover.value, promise: nil)
        }
      )
    )
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}

/// Who receives.
///
/// Proof of `@unchecked`: the group has one thread, which alone uses it.
final class Readers: @unchecked Sendable {
  private var channels: [ObjectIdentifier: any Channel] = [:]
  private var offset = 0

  func add(_ channel: any Channel) { channels[ObjectIdentifier(channel)] = channel }
  func remove(_ channel: any Channel) { channels[ObjectIdentifier(channel)] = nil }

  /// Sends an event to all, encoded once.
  func publish(_ event: ByteBuffer, _ allocator: ByteBufferAllocator) {
    offset += 1
    var payload = allocator.buffer(capacity: event.readableBytes + 96)
    payload.writeString(#"{"push":{"channel":"bench","pub":{"data":"#)
    payload.writeImmutableBuffer(event)
    payload.writeString(#","offset":\#(offset)}}}"#)
    let frame = WebSocketFrame(fin: true, opcode: .text, data: payload)
    for channel in channels.values { channel.writeAndFlush(frame, promise: nil) }
  }
}

/// One WebSocket, which only receives.
final class ReaderHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame

  private let readers: Readers

  init(_ readers: Readers) { self.readers = readers }

  func handlerAdded(context: ChannelHandlerContext) { readers.add(context.channel) }
  func channelInactive(context: ChannelHandlerContext) { readers.remove(context.channel) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if unwrapInboundIn(data).opcode == .connectionClose { context.close(promise: nil) }
  }
}

/// Takes what is posted and answers.
final class PublishHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let readers: Readers
  private var body = ByteBuffer()

  init(_ readers: Readers) { self.readers = readers }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: body.clear()
    case .body(var part): body.writeBuffer(&part)
    case .end:
      readers.publish(body, context.channel.allocator)
      answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    let text = #"{"topic":"bench","epoch":"abcdefgh","firstOffset":100000,"lastOffset":100000}"#
    let fields: HTTPHeaders = [
      "Content-Type": "application/json", "Content-Length": String(text.utf8.count),
    ]
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let buffer = context.channel.allocator.buffer(string: text)
    context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
