// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// Other libraries, measured beside Weir in one process. A package of its own, so that Weir's own
// depends on none of them.
let package = Package(
  name: "weir-peers",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "weir-peers", targets: ["WeirPeers"]),
    .executable(name: "nio-fanout", targets: ["NIOFanout"]),
  ],
  dependencies: [
    .package(name: "weir", path: "../.."),
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
  ],
  targets: [
    .executableTarget(
      name: "WeirPeers",
      dependencies: [
        .product(name: "_BenchmarkKit", package: "weir"),
        .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]
    ),
    // A server that Benchmarks/Fanout measures beside Weir.
    .executableTarget(
      name: "NIOFanout",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ]
    ),
  ]
)
