// SPDX-License-Identifier: Apache-2.0
//
// A TCP segment as a scenario tells it. Numbers are relative, as tcpdump shows them: 0 is the SYN,
// 1 the first byte. What is left open is filled in when the guest sends it, and not looked at when
// the relay is expected to send it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tcp/segment.hh"

namespace nsrun::tcp {

struct Sketch {
  Flags flags;
  uint32_t bytes = 0;
  std::optional<uint32_t> sequence;
  std::optional<uint32_t> acknowledgment;
  std::optional<uint32_t> raw_window;  // as on the wire
  std::optional<uint16_t> announced_mss;
  std::optional<int> window_scale;  // kNone: the option is absent

  std::optional<bool> takes_sack;  // in a SYN
  // First and end of each block, relative to the acknowledged stream's start.
  std::optional<std::vector<std::pair<uint32_t, uint32_t>>> sack_blocks;

  static constexpr int kNone = -1;

  Sketch& seq(uint32_t relative);
  Sketch& ack(uint32_t relative);
  Sketch& window(uint16_t raw);
  Sketch& mss(uint16_t bytes_per_segment);
  Sketch& wscale(int shift);
  Sketch& sack_permitted(bool is_permitted = true);
  Sketch& sack(std::vector<std::pair<uint32_t, uint32_t>> blocks);
  Sketch& carrying(uint32_t count);
  Sketch& with_fin();

  uint32_t sequence_length() const;
};

Sketch syn();
Sketch syn_ack();
Sketch ack();
Sketch ack(uint32_t relative);
Sketch data(uint32_t count);
Sketch fin();  // with an ACK, as every kernel sends it
Sketch rst();
Sketch rst_ack();

// "seq 1 FA ack 1001 win 512 (1000 bytes)".
std::string describe(const Sketch& sketch);
// What a real segment looks like as a sketch, relative to two initial sequence numbers.
Sketch sketch_of(const Segment& segment, Sequence own_start, Sequence other_start);

// The byte at a relative sequence number of a stream. Both streams differ, and no period is a power
// of two: misplaced bytes do not look right by chance.
std::byte guest_byte(uint32_t relative);
std::byte host_byte(uint32_t relative);

}  // namespace nsrun::tcp
