// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Somebody who sells or bids.
public final class Person: Sendable {
  /// Its number, from 1,000 on.
  public let id: Int64
  /// First and last name.
  public let name: String
  /// An address that nobody has.
  public let emailAddress: String
  /// Four times four digits.
  public let creditCard: String
  /// One of ten cities.
  public let city: String
  /// One of six states.
  public let state: String
  /// When the person registered.
  public let dateTime: Timestamp
  /// What fills the event up to about 200 bytes.
  public let extra: String

  init(
    id: Int64,
    name: String,
    emailAddress: String,
    creditCard: String,
    city: String,
    state: String,
    dateTime: Timestamp,
    extra: String
  ) {
    self.id = id
    self.name = name
    self.emailAddress = emailAddress
    self.creditCard = creditCard
    self.city = city
    self.state = state
    self.dateTime = dateTime
    self.extra = extra
  }
}

extension NexmarkGenerator {
  private static let firstNames = [
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter",
  ]
  private static let lastNames = [
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris",
  ]
  private static let cities = [
    "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle",
    "Kent", "Cheyenne",
  ]
  private static let states = ["AZ", "CA", "ID", "OR", "WA", "WY"]

  func person(_ number: Int) -> Person {
    let draw = draw(number)
    let first = draw.element(of: Self.firstNames, 0)
    let name = first + " " + draw.element(of: Self.lastNames, 1)
    let email = draw.text(7, 2) + "@" + draw.text(5, 3) + ".com"
    let card = creditCard(draw.word(4))
    let city = draw.element(of: Self.cities, 5)
    let state = draw.element(of: Self.states, 6)
    let size =
      8 + name.utf8.count + email.utf8.count + card.utf8.count + city.utf8.count + state.utf8.count
    return Person(
      id: Self.firstID + lastPerson(number),
      name: name,
      emailAddress: email,
      creditCard: card,
      city: city,
      state: state,
      dateTime: time(number),
      extra: draw.filling(size, to: 200, 7)
    )
  }

  /// Four groups of four digits, each out of 16 bits.
  private func creditCard(_ word: UInt64) -> String {
    let groups = (0..<4).map { group in
      let digits = String(((word >> (16 * UInt64(group))) & 0xFFFF) % 10_000)
      return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
    return groups.joined(separator: " ")
  }
}
