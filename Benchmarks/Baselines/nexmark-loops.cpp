// SPDX-License-Identifier: Apache-2.0
// What a plain loop with hash maps does, written for one query each; the events are made in
// portions, outside of the measured time. Prints one JSON object.
//
//   g++ -std=c++17 -O2 -o nexmark-loops nexmark-loops.cpp
//   nexmark-loops QUERY|export [--events N] [--seed N] [--spacing US] [--shuffle N] [DIRECTORY]
#include <climits>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <unordered_map>

#include "nexmark.hpp"

using namespace nexmark;

/// One query: takes bids in order, then the end; counts its rows.
struct Query {
  uint64_t rows = 0;
  uint64_t check = 0;  // so that the compiler must make the rows
  virtual ~Query() = default;
  virtual void take(const std::vector<Event>& events) = 0;
  virtual void finish() {}
};

/// Calls `take_bid` for each bid, without a virtual call for each.
template <class Self>
struct BidQuery : Query {
  void take(const std::vector<Event>& events) override {
    for (const Event& event : events)
      if (const Bid* bid = std::get_if<Bid>(&event)) static_cast<Self*>(this)->take_bid(*bid);
  }
};

constexpr int64_t bound = 4000;  // how far the watermark stays behind the newest event

/// Follows the newest event; windows end when it passes them.
struct Watermark {
  int64_t value = INT64_MIN;
  void see(int64_t time) { value = std::max(value, time - bound); }
};

struct Q0 : BidQuery<Q0> {
  void take_bid(const Bid& bid) {
    rows++;
    check += bid.auction ^ bid.bidder ^ bid.price ^ bid.extra.size();
  }
};

struct Q1 : BidQuery<Q1> {
  void take_bid(const Bid& bid) {
    rows++;
    check += bid.price * 908 ^ bid.auction ^ bid.extra.size();
  }
};

struct Q2 : BidQuery<Q2> {
  void take_bid(const Bid& bid) {
    if (bid.auction % 123 != 0) return;
    rows++;
    check += bid.auction ^ bid.price;
  }
};

/// Bids per auction in panes of two seconds, five panes a window.
struct Q5 : BidQuery<Q5> {
  static constexpr int64_t pane = 2000, size = 10000;
  using Counts = std::unordered_map<int64_t, int64_t>;
  std::map<int64_t, Counts> panes;
  Watermark watermark;
  int64_t next_end = INT64_MAX;

  void take_bid(const Bid& bid) {
    int64_t start = bid.dateTime / pane * pane;
    panes[start][bid.auction]++;
    next_end = std::min(next_end, start + pane);
    watermark.see(bid.dateTime);
    while (next_end <= watermark.value) fire();
  }
  void finish() override {
    while (!panes.empty()) fire();
  }
  void fire() {
    Counts sums;
    for (auto place = panes.lower_bound(next_end - size);
         place != panes.end() && place->first < next_end; ++place)
      for (auto [auction, count] : place->second) sums[auction] += count;
    int64_t most = 0;
    for (auto [auction, count] : sums) most = std::max(most, count);
    for (auto [auction, count] : sums)
      if (count == most) {
        rows++;
        check += auction ^ count;
      }
    next_end += pane;
    panes.erase(panes.begin(), panes.lower_bound(next_end - size));
  }
};

/// The highest bids of each ten seconds.
struct Q7 : BidQuery<Q7> {
  static constexpr int64_t size = 10000;
  std::map<int64_t, std::vector<Bid>> best;
  Watermark watermark;

  void take_bid(const Bid& bid) {
    auto& bids = best[bid.dateTime / size * size];
    if (!bids.empty() && bid.price > bids[0].price) bids.clear();
    if (bids.empty() || bid.price == bids[0].price) bids.push_back(bid);
    watermark.see(bid.dateTime);
    while (!best.empty() && best.begin()->first + size <= watermark.value) fire();
  }
  void finish() override {
    while (!best.empty()) fire();
  }
  void fire() {
    for (const Bid& bid : best.begin()->second) {
      rows++;
      check += bid.auction ^ bid.price ^ bid.extra.size();
    }
    best.erase(best.begin());
  }
};

/// Bids per bidder in sessions that end after ten seconds without one.
struct Q11 : BidQuery<Q11> {
  static constexpr int64_t gap = 10000;
  struct Session {
    int64_t start, end, count;
  };
  std::unordered_map<int64_t, std::vector<Session>> open;
  std::multimap<int64_t, int64_t> ends;  // when to look at which bidder
  Watermark watermark;

  void take_bid(const Bid& bid) {
    auto& sessions = open[bid.bidder];
    Session merged{bid.dateTime, bid.dateTime + gap, 1};
    bool is_new = true;
    for (size_t index = 0; index < sessions.size();) {
      Session& other = sessions[index];
      if (other.start > merged.end || merged.start > other.end) {
        index++;
        continue;
      }
      is_new = false;
      merged = {std::min(merged.start, other.start), std::max(merged.end, other.end),
                merged.count + other.count};
      sessions.erase(sessions.begin() + index);
    }
    sessions.push_back(merged);
    if (is_new) ends.emplace(merged.end, bid.bidder);
    watermark.see(bid.dateTime);
    fire(watermark.value);
  }
  void finish() override { fire(INT64_MAX); }
  void fire(int64_t through) {
    while (!ends.empty() && ends.begin()->first <= through) {
      int64_t bidder = ends.begin()->second;
      ends.erase(ends.begin());
      auto place = open.find(bidder);
      if (place == open.end()) continue;
      auto& sessions = place->second;
      int64_t next = INT64_MAX;
      for (size_t index = 0; index < sessions.size();) {
        Session session = sessions[index];
        if (session.end > through) {
          next = std::min(next, session.end);
          index++;
          continue;
        }
        rows++;
        check += bidder ^ session.count ^ session.start;
        sessions.erase(sessions.begin() + index);
      }
      if (sessions.empty()) open.erase(place);
      else ends.emplace(next, bidder);
    }
  }
};

struct PairHash {
  size_t operator()(const std::pair<int64_t, int64_t>& pair) const {
    return mix(static_cast<uint64_t>(pair.first) * step + static_cast<uint64_t>(pair.second));
  }
};

/// Counts, least, greatest and sum of the prices per auction and day.
struct Q17 : BidQuery<Q17> {
  struct Row {
    int64_t total = 0, low = 0, middle = 0, high = 0, least = INT64_MAX, most = 0, sum = 0;
  };
  std::unordered_map<std::pair<int64_t, int64_t>, Row, PairHash> rows_of;

  void take_bid(const Bid& bid) {
    Row& row = rows_of[{bid.auction, bid.dateTime / 86400000}];
    row.total++;
    if (bid.price < 10000) row.low++;
    else if (bid.price < 1000000) row.middle++;
    else row.high++;
    row.least = std::min(row.least, bid.price);
    row.most = std::max(row.most, bid.price);
    row.sum += bid.price;
  }
  void finish() override {
    for (auto& [key, row] : rows_of) {
      rows++;
      check += key.first ^ row.total ^ row.low ^ row.middle ^ row.high ^ row.least ^ row.most ^
               row.sum;
    }
  }
};

/// The newest bid of each bidder in each auction.
struct Q18 : BidQuery<Q18> {
  std::unordered_map<std::pair<int64_t, int64_t>, Bid, PairHash> newest;

  void take_bid(const Bid& bid) {
    auto [place, is_new] = newest.try_emplace({bid.bidder, bid.auction}, bid);
    if (!is_new && bid.dateTime >= place->second.dateTime) place->second = bid;
  }
  void finish() override {
    for (auto& [key, bid] : newest) {
      rows++;
      check += key.first ^ key.second ^ bid.price ^ bid.extra.size();
    }
  }
};

/// What happened to one of a thousand keys.
struct Tick {
  int64_t key, at;
};

/// Ticks per key and second, with a watermark 50 milliseconds behind.
struct TumblingCount {
  static constexpr int64_t size = 1000, bound = 50;
  uint64_t rows = 0, check = 0;
  std::map<int64_t, std::unordered_map<int64_t, int64_t>> windows;
  int64_t newest = INT64_MIN;

  void take(const std::vector<Tick>& ticks) {
    for (const Tick& tick : ticks) {
      windows[tick.at / size * size][tick.key]++;
      newest = std::max(newest, tick.at);
      while (windows.begin()->first + size <= newest - bound) fire();
    }
  }
  void finish() {
    while (!windows.empty()) fire();
  }
  void fire() {
    for (auto [key, count] : windows.begin()->second) {
      rows++;
      check += key ^ count;
    }
    windows.erase(windows.begin());
  }
};

std::unique_ptr<Query> make_query(const std::string& name) {
  if (name == "q0") return std::make_unique<Q0>();
  if (name == "q1") return std::make_unique<Q1>();
  if (name == "q2") return std::make_unique<Q2>();
  if (name == "q5") return std::make_unique<Q5>();
  if (name == "q7") return std::make_unique<Q7>();
  if (name == "q11") return std::make_unique<Q11>();
  if (name == "q17") return std::make_unique<Q17>();
  if (name == "q18") return std::make_unique<Q18>();
  return nullptr;
}

double processor_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

/// Feeds a query with what `make` makes of each place; only the query's part is timed.
template <class Element, class Work, class Make>
void measure(const std::string& name, Work& query, int64_t count, Make make) {
  const int64_t portion = 1024;
  double taken = 0;
  std::vector<Element> elements;
  for (int64_t made = 0; made < count;) {
    elements.clear();
    int64_t end = std::min(made + portion, count);
    for (; made < end; made++) elements.push_back(make(made));
    double start = processor_nanoseconds();
    query.take(elements);
    taken += processor_nanoseconds() - start;
  }
  double start = processor_nanoseconds();
  query.finish();
  taken += processor_nanoseconds() - start;
  std::printf("{\"query\":\"%s\",\"events\":%lld,\"rows\":%llu,\"check\":%llu,\"nanoseconds\":%.0f,"
              "\"nanosecondsPerEvent\":%.3f}\n",
              name.c_str(), (long long)count, (unsigned long long)query.rows,
              (unsigned long long)query.check, taken, taken / count);
}

void export_events(const Generator& generator, const std::string& directory) {
  std::ofstream people(directory + "/person.csv"), auctions(directory + "/auction.csv"),
      bids(directory + "/bid.csv");
  people << "n,id,name,emailAddress,creditCard,city,state,dateTime,extra\n";
  auctions << "n,id,itemName,description,initialBid,reserve,dateTime,expires,seller,category,extra\n";
  bids << "n,auction,bidder,price,channel,url,dateTime,extra\n";
  for (int64_t place = 0; place < generator.settings.count; place++) {
    Event event = generator.event(place);
    if (auto* bid = std::get_if<Bid>(&event))
      bids << place << ',' << bid->auction << ',' << bid->bidder << ',' << bid->price << ','
           << bid->channel << ',' << bid->url << ',' << bid->dateTime << ',' << bid->extra << '\n';
    else if (auto* auction = std::get_if<Auction>(&event))
      auctions << place << ',' << auction->id << ',' << auction->itemName << ','
               << auction->description << ',' << auction->initialBid << ',' << auction->reserve
               << ',' << auction->dateTime << ',' << auction->expires << ',' << auction->seller
               << ',' << auction->category << ',' << auction->extra << '\n';
    else if (auto* person = std::get_if<Person>(&event))
      people << place << ',' << person->id << ',' << person->name << ',' << person->emailAddress
             << ',' << person->creditCard << ',' << person->city << ',' << person->state << ','
             << person->dateTime << ',' << person->extra << '\n';
  }
}

int main(int count, char** arguments) {
  Settings settings;
  settings.count = 200000;
  std::string name = count > 1 ? arguments[1] : "", directory = ".";
  for (int index = 2; index < count; index++) {
    std::string option = arguments[index];
    if (option.rfind("--", 0) != 0 || index + 1 == count) {
      directory = option;
      continue;
    }
    int64_t number = std::atoll(arguments[++index]);
    if (option == "--events") settings.count = number;
    if (option == "--seed") settings.seed = number;
    if (option == "--start") settings.start = number;
    if (option == "--spacing") settings.spacing = number;
    if (option == "--shuffle") settings.shuffle = number;
  }
  Generator generator(settings);
  if (name == "export") {
    export_events(generator, directory);
    return 0;
  }
  if (name == "count") {
    TumblingCount query;
    measure<Tick>(name, query, settings.count, [&](int64_t place) {
      int64_t number = settings.number(place);
      return Tick{Draw(settings.seed, number).below(1000, 0), settings.time(number)};
    });
    return 0;
  }
  auto query = make_query(name);
  if (!query) {
    std::fprintf(stderr, "usage: nexmark-loops QUERY|count|export [SETTINGS]\n");
    return 2;
  }
  measure<Event>(name, *query, settings.count,
                 [&](int64_t place) { return generator.event(place); });
}
