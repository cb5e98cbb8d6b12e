// SPDX-License-Identifier: Apache-2.0
//
// As much of DNS (RFC 1035 section 4) as a forwarder needs: ids, flags, the question, EDNS sizes,
// and answers of its own without records. Records are carried, never read.
//
//                                    1  1  1  1  1  1
//      0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
//    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//    |                      ID                       |
//    |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//    |                QDCOUNT, ANCOUNT               |
//    |                NSCOUNT, ARCOUNT               |
//    +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/header.hh"

namespace nsrun::wire {

struct DnsHeader {
  base::Be16 id;
  base::Be16 flags;
  base::Be16 question_count;
  base::Be16 answer_count;
  base::Be16 authority_count;
  base::Be16 additional_count;
};
static_assert(sizeof(DnsHeader) == 12 && alignof(DnsHeader) == 1);

inline constexpr uint16_t kDnsResponse = 0x8000;
inline constexpr uint16_t kDnsOpcodeMask = 0x7800;
inline constexpr uint16_t kDnsTruncated = 0x0200;
inline constexpr uint16_t kDnsRecursionDesired = 0x0100;
inline constexpr uint16_t kDnsRecursionAvailable = 0x0080;
inline constexpr uint16_t kDnsResponseCodeMask = 0x000f;

enum class DnsResponseCode : uint8_t {
  kNoError = 0,
  kFormatError = 1,
  kServerFailure = 2,
  kNameError = 3,
  kNotImplemented = 4,
  kRefused = 5,
};

// Without EDNS no answer over UDP is longer (RFC 1035 section 4.2.1).
inline constexpr uint16_t kDnsClassicUdpBytes = 512;

struct DnsQuestion {
  base::Bytes name;  // in wire form with its root label, not compressed
  uint16_t type = 0;
  uint16_t question_class = 0;
};

class DnsView {
 public:
  // Needs the header; the sections are looked at when asked for.
  static std::optional<DnsView> parse(base::Bytes message) noexcept {
    if (message.size() < sizeof(DnsHeader)) return std::nullopt;
    return DnsView(message);
  }

  DnsHeader header() const noexcept { return load_header<DnsHeader>(message_); }
  uint16_t id() const noexcept { return header().id; }
  bool is_response() const noexcept { return (header().flags & kDnsResponse) != 0; }
  uint8_t opcode() const noexcept {
    return static_cast<uint8_t>((header().flags & kDnsOpcodeMask) >> 11);
  }
  bool is_truncated() const noexcept { return (header().flags & kDnsTruncated) != 0; }
  DnsResponseCode response_code() const noexcept {
    return static_cast<DnsResponseCode>(header().flags & kDnsResponseCodeMask);
  }
  base::Bytes message() const noexcept { return message_; }

  // The first question; nothing when there is none or it is malformed (compression included: in
  // the first name of a message there is nothing to point at).
  std::optional<DnsQuestion> question() const noexcept;

  // The UDP payload size of the OPT record (RFC 6891 section 6.1.2), at least 512; nothing without
  // an OPT record or when the records before it are malformed.
  std::optional<uint16_t> edns_udp_bytes() const noexcept;

 private:
  explicit DnsView(base::Bytes message) noexcept : message_(message) {}
  base::Bytes message_;
};

// Whether `answer` answers `query`: same id, opcode and question (RFC 5452 section 9.1; names
// without regard to case), and a response.
bool is_answer_to(const DnsView& answer, const DnsView& query) noexcept;

// "example.com. A", for logs. Bytes that are not printable come as \DDD (RFC 1035 section 5.1).
std::string to_text(const DnsQuestion& question);

// Writes an answer without records to `query`: its id, opcode, question and RD, plus `code`, and an
// OPT record when the query has one (RFC 6891 section 7). Returns its length, 0 without room.
size_t emit_dns_reply(base::MutableBytes out, const DnsView& query, DnsResponseCode code,
                      bool is_truncated = false) noexcept;

}  // namespace nsrun::wire
