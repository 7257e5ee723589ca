// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// How a change of a table with a program's own keys and values is written: a byte that no event
/// begins with, a version, whether the key goes (0) or is set (1), the key, and the value if it is.
///
/// Key and value are written as the state of operators is: by `StateCodable` or `Codable`.
enum ChangeForm {
  /// Tells a change from an event, whose payload begins with its version.
  private static let mark: UInt64 = 0x43
  private static let version: UInt64 = 1

  static func form<Key, Value>() -> StoredForm<Streams.TableChange<Key, Value>> {
    StoredForm(
      kind: .changes,
      encode: { changes throws(JournalError) in
        var payloads: [[UInt8]] = []
        payloads.reserveCapacity(changes.count)
        for change in changes { payloads.append(try encode(change)) }
        return payloads
      },
      decode: { decode($0) },
      gather: { batch, position in
        JournalBatch(batch, at: position) { decode(Array($0)) }
      }
    )
  }

  static func encode<Key, Value>(
    _ change: Streams.TableChange<Key, Value>
  ) throws(JournalError) -> [UInt8] {
    var encoder = StateEncoder(limit: StorageLimits.entryBytes)
    encoder.write(mark)
    encoder.write(version)
    encoder.write(change.value == nil ? 0 : 1 as UInt64)
    do throws(StateError) {
      try encoder.encode(change.key)
      if case .set(_, let value) = change { try encoder.encode(value) }
    } catch {
      throw JournalError(.tooLarge, "the change can't be written down: \(error)")
    }
    return encoder.bytes
  }

  /// What a change takes on disk, about; nothing if it can't be written down, which is refused then.
  static func weight<Key, Value>(_ change: Streams.TableChange<Key, Value>) -> Int {
    guard let payload = try? encode(change) else { return 0 }
    return Int(EntryFormat.weight(payload.count))
  }

  /// Reads a payload; `nil` if it is none that ``encode(_:)`` makes.
  static func decode<Key, Value>(_ payload: [UInt8]) -> Streams.TableChange<Key, Value>? {
    var decoder = StateDecoder(payload)
    do throws(StateError) {
      guard try decoder.readUInt64() == mark, try decoder.readUInt64() == version else {
        return nil
      }
      let isSet = try Bool(from: &decoder)
      let key = try decoder.decode(Key.self)
      let change: Streams.TableChange<Key, Value> =
        isSet ? .set(key, try decoder.decode(Value.self)) : .delete(key)
      return decoder.remaining == 0 ? change : nil
    } catch {
      return nil
    }
  }
}
