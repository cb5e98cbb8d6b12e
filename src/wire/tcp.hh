// SPDX-License-Identifier: Apache-2.0
//
// TCP segments (RFC 9293 section 3.1) and the options that a relay needs. The checksum is
// checksum.hh's business: with offloads it is often partial.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-------------------------------+-------------------------------+
//    |          Source Port          |       Destination Port        |
//    +-------------------------------+-------------------------------+
//    |                        Sequence Number                        |
//    +---------------------------------------------------------------+
//    |                    Acknowledgment Number                      |
//    +-------+-------+---------------+-------------------------------+
//    | Offset| Rsrvd |C E U A P R S F|            Window             |
//    +-------+-------+---------------+-------------------------------+
//    |           Checksum            |         Urgent Pointer        |
//    +-------------------------------+-------------------------------+
//    |                    Options, padded to 32 bits                 |
//    +---------------------------------------------------------------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/header.hh"
#include "wire/sequence.hh"

namespace nsrun::wire {

inline constexpr uint8_t kTcpFin = 0x01;
inline constexpr uint8_t kTcpSyn = 0x02;
inline constexpr uint8_t kTcpRst = 0x04;
inline constexpr uint8_t kTcpPsh = 0x08;
inline constexpr uint8_t kTcpAck = 0x10;
inline constexpr uint8_t kTcpUrg = 0x20;
inline constexpr uint8_t kTcpEce = 0x40;
inline constexpr uint8_t kTcpCwr = 0x80;

struct TcpHeader {
  base::Be16 source_port;
  base::Be16 destination_port;
  base::Be32 sequence;
  base::Be32 acknowledgment;
  uint8_t data_offset;  // upper four bits: header length in units of 4 bytes
  uint8_t flags;
  base::Be16 window;
  base::Be16 checksum;
  base::Be16 urgent_pointer;
};
static_assert(sizeof(TcpHeader) == 20 && alignof(TcpHeader) == 1);

inline constexpr size_t kTcpChecksumOffset = 16;
inline constexpr size_t kMaxTcpHeaderBytes = 60;

struct TcpTimestamps {
  uint32_t value = 0;
  uint32_t echo_reply = 0;
  friend bool operator==(const TcpTimestamps&, const TcpTimestamps&) = default;
};

// Bytes that have come although others in front of them have not (RFC 2018 section 3).
struct SackBlock {
  Sequence first;
  Sequence end;  // behind the last byte
  friend bool operator==(const SackBlock&, const SackBlock&) = default;
};
// As many as fit into a header without timestamps.
inline constexpr size_t kMostSackBlocks = 4;

// What parse_tcp_options() looks for.
struct TcpOptions {
  std::optional<uint16_t> maximum_segment_size;  // RFC 9293 section 3.7.1
  std::optional<uint8_t> window_scale;           // RFC 7323 section 2, at most 14
  bool sack_permitted = false;                   // RFC 2018 section 2
  std::optional<TcpTimestamps> timestamps;       // RFC 7323 section 3
  friend bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

// Unknown options are skipped. A malformed one ends the list: what stood before it counts, as in
// Linux (RFC 9293 MUST-7 only asks not to stumble over it).
TcpOptions parse_tcp_options(base::Bytes bytes) noexcept;

class TcpView {
 public:
  // `bytes` is the whole payload of the IP packet. Checks the lengths.
  static std::optional<TcpView> parse(base::Bytes bytes) noexcept;

  TcpHeader header() const noexcept { return load_header<TcpHeader>(segment_); }
  uint16_t source_port() const noexcept { return header().source_port; }
  uint16_t destination_port() const noexcept { return header().destination_port; }
  Sequence sequence() const noexcept { return Sequence(header().sequence); }
  Sequence acknowledgment() const noexcept { return Sequence(header().acknowledgment); }
  uint8_t flags() const noexcept { return header().flags; }
  // Whether all of `flags` are set.
  bool has(uint8_t flags) const noexcept { return (header().flags & flags) == flags; }
  // As sent: not scaled.
  uint16_t window() const noexcept { return header().window; }

  size_t header_length() const noexcept { return header_length_; }
  base::Bytes option_bytes() const noexcept {
    return segment_.subspan(sizeof(TcpHeader), header_length_ - sizeof(TcpHeader));
  }
  TcpOptions options() const noexcept { return parse_tcp_options(option_bytes()); }
  base::Bytes payload() const noexcept { return segment_.subspan(header_length_); }
  base::Bytes segment() const noexcept { return segment_; }

 private:
  TcpView(base::Bytes segment, size_t header_length) noexcept
      : segment_(segment), header_length_(header_length) {}
  base::Bytes segment_;
  size_t header_length_;
};

struct TcpFields {
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  Sequence sequence;
  Sequence acknowledgment;
  uint8_t flags = 0;
  uint16_t window = 0;  // as sent: not scaled
  TcpOptions options;
  std::span<const SackBlock> sack;  // not beside other options, and at most kMostSackBlocks
};

// Of the header that emit_tcp_header() writes: 20 plus the options, padded.
size_t tcp_header_length(const TcpFields& fields) noexcept;

// Writes a header with zero checksum at the front of `out`; returns its length, 0 without room.
size_t emit_tcp_header(base::MutableBytes out, const TcpFields& fields) noexcept;

}  // namespace nsrun::wire
