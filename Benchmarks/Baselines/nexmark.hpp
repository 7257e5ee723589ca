// SPDX-License-Identifier: Apache-2.0
// The events of the auction site, byte for byte those of Benchmarks/Nexmark/Kit/Generator.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nexmark {

struct Settings {
  int64_t count = 0;
  uint64_t seed = 1;
  int64_t start = 1436918400000;
  int64_t spacing = 100;
  int64_t shuffle = 1;

  int64_t number(int64_t place) const {
    return place / shuffle * shuffle + place % shuffle * 953 % shuffle;
  }
  int64_t time(int64_t number) const { return start + number * spacing / 1000; }
};

inline constexpr uint64_t step = 0x9E3779B97F4A7C15;

inline uint64_t mix(uint64_t mixed) {
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

inline uint64_t high(uint64_t word, uint64_t bound) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(word) * bound) >> 64);
}

inline std::string exactly(int64_t length, uint64_t state) {
  std::string text(length, ' ');
  for (int64_t index = 0; index < length;) {
    state += step;
    uint64_t word = mix(state);
    for (int64_t end = std::min(index + 8, length); index < end; index++, word >>= 8) {
      uint64_t byte = word & 255;
      text[index] = byte < 236 ? static_cast<char>('a' + byte % 26) : ' ';
    }
  }
  return text;
}

/// Numbers that are a pure function of a seed, the number of an event and of a field.
struct Draw {
  uint64_t base;
  Draw(uint64_t seed, int64_t number) : base(seed + static_cast<uint64_t>(number) * 64 * step) {}

  uint64_t word(uint64_t field) const { return mix(base + (field + 1) * step); }
  int64_t below(int64_t bound, uint64_t field) const {
    return static_cast<int64_t>(high(word(field), bound));
  }
  bool is_hot(int64_t ratio, uint64_t field) const { return below(ratio, field) > 0; }
  std::string text(int64_t longest, uint64_t field) const {
    uint64_t start = word(field);
    return exactly(3 + static_cast<int64_t>(high(start, longest - 3)), start);
  }
  std::string filling(int64_t size, int64_t average, uint64_t field) const {
    int64_t missing = average - size;
    if (missing < 0) return "";
    int64_t delta = (missing * 2 + 5) / 10;
    int64_t length = missing - delta + (delta == 0 ? 0 : below(2 * delta, field));
    return exactly(length, word(field + 1));
  }
  int64_t price(uint64_t field) const {
    double part = static_cast<double>(word(field) >> 11) * 0x1p-53;
    return static_cast<int64_t>(std::round(std::pow(10.0, 6 * part) * 100));
  }
};

struct Person {
  int64_t id;
  std::string name, emailAddress, creditCard, city, state;
  int64_t dateTime;
  std::string extra;
};

struct Auction {
  int64_t id;
  std::string itemName, description;
  int64_t initialBid, reserve, dateTime, expires, seller, category;
  std::string extra;
};

struct Bid {
  int64_t auction, bidder, price;
  std::string_view channel, url;  // of the generator, which outlives the bids
  int64_t dateTime;
  std::string extra;
};

using Event = std::variant<Bid, Auction, Person>;

class Generator {
 public:
  const Settings settings;

  explicit Generator(Settings settings) : settings(settings) {
    for (int64_t index = 0; index < ordinary + 4; index++) make_channel(index);
  }

  Event event(int64_t place) const {
    int64_t number = settings.number(place);
    switch (number % 50) {
      case 0: return person(number);
      case 1: case 2: case 3: return auction(number);
      default: return bid(number);
    }
  }

 private:
  static constexpr int64_t ordinary = 10000;
  static constexpr int64_t first_id = 1000;
  std::vector<std::string> names, urls;

  void make_channel(int64_t index) {
    static const char* hot[] = {"Google", "Facebook", "Baidu", "Apple"};
    Draw draw(settings.seed, (int64_t(1) << 57) + index);
    std::string url = "https://www.nexmark.com";
    for (uint64_t field = 0; field < 3; field++) {
      std::string word = draw.text(5, field);
      std::replace(word.begin(), word.end(), ' ', '_');
      url += "/" + word;
    }
    url += "/item.htm?query=1";
    if (index < ordinary && draw.is_hot(10, 3)) {
      uint32_t reversed = 0;
      for (int bit = 0; bit < 32; bit++) reversed |= (index >> bit & 1) << (31 - bit);
      url += "&channel_id=" + std::to_string(std::abs(int64_t(int32_t(reversed))));
    }
    names.push_back(index < ordinary ? "channel-" + std::to_string(index) : hot[index - ordinary]);
    urls.push_back(url);
  }

  static int64_t last_person(int64_t number) { return number / 50; }
  static int64_t last_auction(int64_t number) {
    int64_t round = number / 50, place = number % 50;
    return place < 1 ? round * 3 - 1 : round * 3 + std::min<int64_t>(place, 3) - 1;
  }
  static int64_t any_person(int64_t number, const Draw& draw, uint64_t field) {
    int64_t people = last_person(number) + 1;
    int64_t active = std::min<int64_t>(people, 1000);
    return people - active + draw.below(active + 10, field);
  }

  Person person(int64_t number) const {
    static const char* first[] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                  "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
    static const char* last[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                 "Walton", "Smith",  "Jones",   "Noris"};
    static const char* cities[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                   "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
    static const char* states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
    Draw draw(settings.seed, number);
    Person person;
    person.id = first_id + last_person(number);
    person.name = std::string(first[draw.below(11, 0)]) + " " + last[draw.below(9, 1)];
    person.emailAddress = draw.text(7, 2) + "@" + draw.text(5, 3) + ".com";
    uint64_t word = draw.word(4);
    for (int group = 0; group < 4; group++) {
      std::string digits = std::to_string((word >> (16 * group) & 0xFFFF) % 10000);
      if (group > 0) person.creditCard += " ";
      person.creditCard += std::string(4 - digits.size(), '0') + digits;
    }
    person.city = cities[draw.below(10, 5)];
    person.state = states[draw.below(6, 6)];
    person.dateTime = settings.time(number);
    person.extra = draw.filling(8 + person.name.size() + person.emailAddress.size() +
                                    person.creditCard.size() + person.city.size() +
                                    person.state.size(), 200, 7);
    return person;
  }

  Auction auction(int64_t number) const {
    Draw draw(settings.seed, number);
    Auction auction;
    auction.id = first_id + last_auction(number);
    auction.initialBid = draw.price(3);
    auction.itemName = draw.text(20, 5);
    auction.description = draw.text(100, 6);
    auction.reserve = auction.initialBid + draw.price(7);
    auction.dateTime = settings.time(number);
    int64_t horizon = settings.time(number + 1666) - auction.dateTime;
    auction.expires = auction.dateTime + 1 + draw.below(std::max<int64_t>(1, horizon * 2), 4);
    auction.seller = first_id + (draw.is_hot(4, 0) ? last_person(number) / 100 * 100
                                                   : any_person(number, draw, 1));
    auction.category = 10 + draw.below(5, 2);
    auction.extra =
        draw.filling(48 + auction.itemName.size() + auction.description.size(), 500, 8);
    return auction;
  }

  Bid bid(int64_t number) const {
    Draw draw(settings.seed, number);
    int64_t last = last_auction(number), first = std::max<int64_t>(last - 100, 0);
    int64_t channel = draw.is_hot(2, 5) ? ordinary + draw.below(4, 6) : draw.below(ordinary, 6);
    Bid bid;
    bid.auction = first_id + (draw.is_hot(2, 0) ? last / 100 * 100
                                                : first + draw.below(last - first + 11, 1));
    bid.bidder = first_id + (draw.is_hot(4, 2) ? last_person(number) / 100 * 100 + 1
                                               : any_person(number, draw, 3));
    bid.price = draw.price(4);
    bid.channel = names[channel];
    bid.url = urls[channel];
    bid.dateTime = settings.time(number);
    bid.extra = draw.filling(32, 100, 7);
    return bid;
  }
};

}  // namespace nexmark
