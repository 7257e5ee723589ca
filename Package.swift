// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let strict: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
  name: "weir",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "weir", targets: ["WeirCLI"]),
    .library(name: "Weir", targets: ["Weir"]),
    .library(name: "Streams", targets: ["Streams"]),
    .library(name: "Operators", targets: ["Operators"]),
    .library(name: "WeirTesting", targets: ["WeirTesting"]),
    .executable(name: "weir-bench", targets: ["WeirBench"]),
    // Not for users: what Benchmarks/Peers, a package of its own, shares with weir-bench.
    .library(name: "_BenchmarkKit", targets: ["BenchmarkKit"]),
  ],
  targets: [
    // System C libraries: module maps and shims, no logic.
    .target(name: "CLinux"),
    .systemLibrary(
      name: "COpenSSL",
      pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"])]
    ),
    .systemLibrary(
      name: "CCurl",
      pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]
    ),
    .systemLibrary(
      name: "CSQLite",
      pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]
    ),
    .systemLibrary(
      name: "CZlib",
      pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"])]
    ),

    // Rooms, one way: each imports only what stands above it.
    .target(name: "Streams", swiftSettings: strict),
    .target(name: "Operators", dependencies: ["Streams"], swiftSettings: strict),
    .target(name: "WeirTesting", dependencies: ["Streams"], swiftSettings: house),
    .target(name: "Codecs", dependencies: ["CZlib"], swiftSettings: strict),
    .target(
      name: "Transport",
      dependencies: ["CLinux", "COpenSSL", "CCurl"],
      swiftSettings: house
    ),
    .target(name: "Storage", dependencies: ["Streams", "CSQLite"], swiftSettings: house),
    .target(
      name: "Sinks",
      dependencies: ["Streams", "Operators", "Codecs", "Transport", "Storage"],
      swiftSettings: house
    ),
    .target(
      name: "Web",
      path: "Web",
      resources: [.embedInCode("dashboard")],
      swiftSettings: house
    ),
    .target(
      name: "Host",
      dependencies: [
        "Streams", "Operators", "Codecs", "Transport", "Storage", "Sinks", "Web", "CLinux",
      ],
      swiftSettings: house
    ),
    .target(
      name: "Weir",
      dependencies: ["Streams", "Operators", "Sinks", "Host"],
      swiftSettings: house
    ),
    .executableTarget(name: "WeirCLI", dependencies: ["Host"], swiftSettings: house),

    // Examples that the README shows.
    .executableTarget(
      name: "compose-example",
      dependencies: ["Weir"],
      path: "Examples/Compose",
      swiftSettings: house
    ),
    .executableTarget(
      name: "echo-server",
      dependencies: ["Codecs", "Transport"],
      path: "Examples/EchoServer",
      swiftSettings: house
    ),

    // Benchmarks; those against other libraries are a package of their own, Benchmarks/Peers.
    .target(
      name: "BenchmarkKit",
      dependencies: ["Streams", "Operators"],
      path: "Benchmarks/Kit",
      swiftSettings: house
    ),
    .target(
      name: "Nexmark",
      dependencies: ["BenchmarkKit", "Streams", "Operators"],
      path: "Benchmarks/Nexmark/Kit",
      swiftSettings: house
    ),
    .executableTarget(
      name: "weir-nexmark",
      dependencies: ["Nexmark"],
      path: "Benchmarks/Nexmark/Tool",
      swiftSettings: house
    ),
    .executableTarget(
      name: "WeirBench",
      dependencies: [
        "BenchmarkKit", "Nexmark", "Streams", "Operators", "Codecs", "Transport", "Sinks",
      ],
      path: "Benchmarks/Suite",
      swiftSettings: house
    ),
    .executableTarget(
      name: "storage-measure",
      dependencies: ["Operators", "Storage", "Streams"],
      path: "Benchmarks/Log/Tool",
      swiftSettings: house
    ),

    // Tests mirror the rooms; certificates are made for them.
    .target(
      name: "TestCertificates",
      dependencies: ["COpenSSL"],
      path: "Tests/Certificates",
      swiftSettings: house
    ),
    .testTarget(name: "CodecsTests", dependencies: ["Codecs", "CZlib"], swiftSettings: house),
    .testTarget(
      name: "TransportTests",
      dependencies: ["Transport", "COpenSSL", "TestCertificates"],
      swiftSettings: house,
      // Its tests hold up lookups of names, libcurl's too.
      linkerSettings: [
        .unsafeFlags(
          ["-Xlinker", "--export-dynamic-symbol=getaddrinfo"],
          .when(platforms: [.linux])
        )
      ]
    ),
    .testTarget(
      name: "StreamsTests",
      dependencies: ["Streams", "Operators", "WeirTesting"],
      swiftSettings: house
    ),
    .testTarget(
      name: "OperatorsTests",
      dependencies: ["Streams", "Operators", "WeirTesting"],
      exclude: ["Vectors"],
      swiftSettings: house
    ),
    .testTarget(
      name: "WeirTestingTests",
      dependencies: ["Streams", "Operators", "WeirTesting"],
      swiftSettings: house
    ),
    // A file system of SQLite that loses power and fails on demand, for tests alone.
    .target(name: "StorageFaults", dependencies: ["CSQLite"], path: "Tests/StorageFaults"),
    .testTarget(
      name: "StorageTests",
      dependencies: ["Storage", "Streams", "Operators", "CSQLite", "StorageFaults"],
      swiftSettings: house
    ),
    .testTarget(
      name: "SinksTests",
      dependencies: [
        "Sinks", "Streams", "Operators", "Codecs", "Transport", "Storage", "StorageFaults",
        "WeirTesting", "CZlib",
      ],
      swiftSettings: house
    ),
    .testTarget(
      name: "HostTests",
      dependencies: [
        "Host", "Streams", "Operators", "Codecs", "Transport", "Storage", "Sinks", "WeirTesting",
        "TestCertificates",
      ],
      swiftSettings: house
    ),
    .testTarget(
      name: "NexmarkTests",
      dependencies: ["Nexmark", "Streams", "Operators"],
      swiftSettings: house
    ),
  ]
)
