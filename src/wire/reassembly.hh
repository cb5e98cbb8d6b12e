// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 fragments back to datagrams (RFC 791 section 3.2, RFC 8200 section 4.5), in front
// of the switch, so that nobody behind it ever sees a fragment. Memory is bounded; whoever sends
// overlaps loses the whole datagram (RFC 5722). It owns the pieces it holds, and,
// unlike the parsers, allocates when a datagram starts or grows. It has no clock.
#pragma once

#include <bitset>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hh"
#include "base/counters.hh"
#include "base/time.hh"
#include "wire/address.hh"
#include "wire/packet.hh"

namespace nsrun::wire {

enum class FragmentStatus : uint8_t {
  kHeld,       // stored, or a harmless duplicate
  kComplete,   // the datagram is there
  kMalformed,  // lengths that no sender makes
  kOverlap,    // the datagram is dropped, and what still comes of it
  kNoMemory,   // the fragment was not stored
};

// What to count for a fragment that was refused; nothing for kHeld and kComplete.
std::optional<base::Counter> drop_counter(FragmentStatus status) noexcept;

struct Reassembled {
  FragmentStatus status = FragmentStatus::kHeld;
  // kComplete: the datagram as one Ethernet frame, as if it had never been fragmented, for
  // parse_frame(). Writable; valid until the next add().
  base::MutableBytes frame;
};

class Reassembler {
 public:
  static constexpr size_t kDefaultCapacityBytes = size_t{4} << 20;
  // RFC 1122 section 3.3.2 asks for 60-120 s, RFC 8200 for 60 s; Linux uses 30 s for IPv4.
  // Fragments of one link come at once, so the shorter one frees memory sooner and loses nothing.
  static constexpr base::Duration kTimeout = std::chrono::seconds(30);

  explicit Reassembler(size_t capacity_bytes = kDefaultCapacityBytes) noexcept
      : capacity_bytes_(capacity_bytes) {}

  // `packet` must have `fragment` set.
  Reassembled add(const Packet& packet, base::Time now) noexcept;

  // Drops what has waited too long; returns how many datagrams.
  size_t expire(base::Time now) noexcept;
  // When to call expire(); kNever when nothing is held.
  base::Time next_deadline() const noexcept {
    return datagrams_.empty() ? base::kNever : earliest_deadline_;
  }

  // What counts towards the capacity: all but the datagram that add() returned last.
  size_t held_bytes() const noexcept { return held_bytes_; }

 private:
  // RFC 791: source, destination, protocol, id. RFC 8200: the protocol does not count (kept zero).
  struct Key {
    IpAddress source;
    IpAddress destination;
    uint32_t identification;
    uint8_t protocol;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Datagram {
    std::vector<std::byte> bytes;  // room for the headers, then the data up to the highest end
    std::bitset<8192> units;       // which units of 8 bytes have come
    base::Time deadline;
    size_t received_bytes = 0;
    size_t total_bytes = 0;         // zero until the last fragment has come
    size_t header_length = 0;       // this and the following: from the first fragment
    size_t next_header_offset = 0;  // IPv6
    uint8_t protocol = 0;
    bool is_v4 = false;
    bool is_spoiled = false;  // by an overlap: takes nothing more until its time is up
  };
  using Datagrams = std::map<Key, Datagram>;
  // What an entry counts for without its bytes: itself and the map's node.
  static constexpr size_t kEntryBytes = sizeof(Key) + sizeof(Datagram) + 48;

  Reassembled add_part(const Packet& packet, base::Time now);
  Reassembled add_atomic(const Packet& packet);
  FragmentStatus store(Datagram& datagram, const Packet& packet);
  FragmentStatus spoil(Datagram& datagram) noexcept;
  bool grow(Datagram& datagram, size_t data_bytes);
  Reassembled finish(Datagram& datagram) noexcept;
  static bool contradicts_end(const Datagram& datagram, size_t end, bool more_fragments) noexcept;
  static void keep_headers(Datagram& datagram, const Packet& packet) noexcept;
  static size_t charge(const Datagram& datagram) noexcept;

  Datagrams datagrams_;
  std::vector<std::byte> completed_;
  base::Time earliest_deadline_ = base::kNever;  // or earlier, when that datagram was completed
  size_t capacity_bytes_;
  size_t held_bytes_ = 0;
};

}  // namespace nsrun::wire
