// SPDX-License-Identifier: Apache-2.0
//
// A TCP segment as the engine sees it: the header's fields as values and a borrowed payload.
// Headers, addresses and checksums are the wire room's; how a large payload becomes frames is the
// relay's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hh"
#include "wire/sequence.hh"
#include "wire/tcp.hh"

namespace nsrun::tcp {

using wire::SackBlock;
using wire::Sequence;

// The control bits of RFC 9293 section 3.1 that matter here. URG is left out on purpose: the
// pointer is ignored and urgent bytes are delivered in line (RFC 6093 section 6).
struct Flags {
  bool fin = false;
  bool syn = false;
  bool rst = false;
  bool psh = false;
  bool ack = false;
  friend bool operator==(const Flags&, const Flags&) = default;
};

// Options of a SYN.
struct SynOptions {
  uint16_t mss = 0;                     // 0: absent
  std::optional<uint8_t> window_shift;  // RFC 7323; absent: no scaling
  bool sack_permitted = false;          // RFC 2018
  friend bool operator==(const SynOptions&, const SynOptions&) = default;
};

// Either direction. The window is as on the wire: not scaled.
struct Segment {
  Sequence sequence;
  Sequence acknowledgment;
  Flags flags;
  uint16_t window = 0;
  SynOptions syn_options;           // only with flags.syn
  std::span<const SackBlock> sack;  // borrowed; only in what we send, and not with flags.syn
  base::Bytes payload;

  // SEG.LEN of RFC 9293: SYN and FIN count.
  uint32_t sequence_length() const noexcept {
    return static_cast<uint32_t>(payload.size()) + (flags.syn ? 1U : 0U) + (flags.fin ? 1U : 0U);
  }
};

// What answers a segment that belongs to no connection (RFC 9293 section 3.10.7.1). nullopt for a
// reset, which is never answered.
inline std::optional<Segment> reset_for(const Segment& stray) noexcept {
  if (stray.flags.rst) return std::nullopt;
  Segment reset;
  reset.flags.rst = true;
  if (stray.flags.ack) {
    reset.sequence = stray.acknowledgment;
  } else {
    reset.flags.ack = true;
    reset.acknowledgment = stray.sequence + stray.sequence_length();
  }
  return reset;
}

// Where a connection's segments go. `mss` is the peer's: no frame on the wire may carry more
// payload, so a larger one leaves as a GSO frame (gso_size = mss) or as several segments.
class Output {
 public:
  virtual void transmit(const Segment& segment, uint16_t mss) noexcept = 0;

 protected:
  ~Output() = default;
};

}  // namespace nsrun::tcp
