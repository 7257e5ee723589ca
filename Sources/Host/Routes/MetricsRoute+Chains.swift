// SPDX-License-Identifier: Apache-2.0
import Sinks

extension MetricsRoute {
  /// Writes what the chains inside subscriptions have done.
  static func write(_ statistics: DerivedStatistics, to text: inout MetricsText) {
    text.family("weir_chains", "gauge", "Chains that are computed for subscriptions.")
    text.sample("weir_chains", statistics.topicCount)
    text.family("weir_chain_readers", "gauge", "Subscriptions that read a chain's results.")
    text.sample("weir_chain_readers", statistics.readerCount)
    text.family("weir_chain_state_bytes", "gauge", "What the state of all chains may come to.")
    text.sample("weir_chain_state_bytes", statistics.stateBytes)
    text.family("weir_chains_total", "counter", "What became of chains.")
    for (event, count) in [
      ("made", statistics.made), ("rebuilt", statistics.rebuilt), ("shared", statistics.shared),
      ("expired", statistics.expired), ("evicted", statistics.evicted),
      ("failed", statistics.failed), ("refused", statistics.refused),
    ] {
      text.sample("weir_chains_total", count, ["event": event])
    }
    text.family("weir_chain_recoveries_total", "counter", "Clients that came back to a chain.")
    text.sample("weir_chain_recoveries_total", statistics.recovered, ["result": "recovered"])
    for reason in DerivedRecovery.Reason.allCases {
      let count = statistics.notRecovered[reason, default: 0]
      text.sample("weir_chain_recoveries_total", count, ["result": reason.rawValue])
    }
  }
}
