// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing

/// What holds of every operator on random streams of numbers.
struct OperatorLaws {
  /// Checks that an operator gives what is expected, whatever the batches, the rooms and the reader's
  /// promises, and wherever its life is cut.
  ///
  /// Each seed makes one stream; `make` puts the operator on a flow; `expected` says by the book what
  /// comes out for what comes at each millisecond.
  static func expect<Chain: Operator>(
    seeds: Range<Int> = 0..<12,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ make: @escaping (Flow<Identity<Int>>) -> Flow<Chain>,
    gives expected: ([[Int]]) -> [Chain.Output]
  ) async throws where Chain.Input == Int, Chain.Output: Equatable {
    for seed in seeds {
      let outputs = try await commonReading(of: RateLog(seed), make, sourceLocation)
      #expect(
        outputs == expected(RateLog(seed).steps),
        "seed \(seed)",
        sourceLocation: sourceLocation
      )
    }
  }

  /// Checks that an operator gives the same, whatever the batches, the rooms and the reader's promises,
  /// and wherever its life is cut.
  static func expectSame<Chain: Operator>(
    seeds: Range<Int> = 0..<12,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ make: @escaping (Flow<Identity<Int>>) -> Flow<Chain>
  ) async throws where Chain.Input == Int, Chain.Output: Equatable {
    for seed in seeds {
      let outputs = try await commonReading(of: RateLog(seed), make, sourceLocation)
      #expect(!outputs.isEmpty, sourceLocation: sourceLocation)
    }
  }

  /// What comes out of an operator, which is the same for every reading.
  private static func commonReading<Chain: Operator>(
    of log: RateLog,
    _ make: @escaping (Flow<Identity<Int>>) -> Flow<Chain>,
    _ sourceLocation: SourceLocation
  ) async throws -> [Chain.Output] where Chain.Input == Int, Chain.Output: Equatable {
    let chain = { make(Topic<Int>("law").flow()).chain }
    let readings = try await log.readings(chain())
    for (index, reading) in readings.enumerated() {
      let isSame = reading == readings[0]
      #expect(isSame, "reading \(index)", sourceLocation: sourceLocation)
    }
    CutTest(log.happenings, room: [1, 2, 256][log.steps.count % 3], chain)
      .expectSameWhereverCut(limit: 30, sourceLocation: sourceLocation)
    return readings[0]
  }
}
