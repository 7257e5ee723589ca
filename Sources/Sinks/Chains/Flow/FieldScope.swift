// SPDX-License-Identifier: Apache-2.0

/// The places that stages read of the same event, which are read once, by the first of them.
struct FieldScope {
  private var wanted: [ReadFields.Wanted] = []
  private var isRead = false

  /// Finds what stages read, up to the one that makes other events.
  init(_ stages: ArraySlice<ChainPlan.Numbered>) {
    for numbered in stages {
      for use in numbered.stage.uses { add(use) }
      if numbered.stage.replacesData { return }
    }
  }

  private mutating func add(_ use: ReadFields.Wanted) {
    guard let known = wanted.firstIndex(where: { $0.field == use.field }) else {
      return wanted.append(use)
    }
    wanted[known].takesTexts = wanted[known].takesTexts || use.takesTexts
    wanted[known].takesContainers = wanted[known].takesContainers || use.takesContainers
  }

  /// All places, for the first stage that reads one; none for the others.
  mutating func take(for stage: ChainStage) -> [ReadFields.Wanted] {
    guard !isRead, !stage.uses.isEmpty else { return [] }
    isRead = true
    return wanted
  }

  /// The number of a place among the values of a row.
  func number(of field: ChainField) -> Int {
    guard let number = wanted.firstIndex(where: { $0.field == field }) else {
      preconditionFailure("what stages read was found before")
    }
    return number
  }
}

extension ChainStage {
  /// Whether it makes events of its own, with other data.
  var replacesData: Bool {
    switch self {
    case .select, .window: true
    case .filter, .throttle, .debounce, .sample, .latest, .distinct, .limit, .rate: false
    }
  }

  private var key: ChainField? {
    switch self {
    case .filter, .select, .limit: nil
    case .throttle(let pace, _), .debounce(let pace, _), .sample(let pace): pace.key
    case .latest(let latest): latest.key
    case .distinct(let distinct): distinct.key
    case .rate(let rate): rate.pace.key
    case .window(let window, _): window.key
    }
  }

  /// What it reads by values of rows; a filter and `select` read events by themselves.
  var uses: [ReadFields.Wanted] {
    var uses: [ReadFields.Wanted] = []
    if let key {
      uses.append(ReadFields.Wanted(field: key, takesTexts: true, takesContainers: false))
    }
    guard case .window(_, let measures) = self else { return uses }
    for measure in measures {
      guard let field = measure.field else { continue }
      uses.append(
        ReadFields.Wanted(
          field: field,
          takesTexts: !measure.isNumeric,
          takesContainers: measure.takesContainers
        )
      )
    }
    return uses
  }
}
