// SPDX-License-Identifier: Apache-2.0
#include "wire/dns.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.hh"

namespace nsrun::wire {
namespace {

constexpr uint16_t kTypeOpt = 41;
constexpr size_t kMaxNameBytes = 255;  // RFC 1035 section 2.3.4
constexpr uint8_t kPointer = 0xc0;  // RFC 1035 section 4.1.4: both upper bits of the label length
// What fits everywhere without fragments (DNS flag day 2020).
constexpr uint16_t kOwnUdpBytes = 1232;

// Steps over a name; a pointer ends it.
void skip_name(base::ByteReader& reader) noexcept {
  while (reader.ok()) {
    const uint8_t length = reader.read_u8();
    if ((length & kPointer) == kPointer) {
      reader.skip(1);
      return;
    }
    if (length == 0) return;
    reader.skip(length);
  }
}

void skip_question(base::ByteReader& reader) noexcept {
  skip_name(reader);
  reader.skip(4);  // type, class
}

struct Record {
  uint16_t type = 0;
  uint16_t record_class = 0;
};

Record read_record(base::ByteReader& reader) noexcept {
  Record record;
  skip_name(reader);
  record.type = reader.read_be16();
  record.record_class = reader.read_be16();
  reader.skip(4);  // TTL
  reader.skip(reader.read_be16());
  return record;
}

uint8_t to_lower(std::byte byte) noexcept {
  const auto value = static_cast<uint8_t>(byte);
  return value >= 'A' && value <= 'Z' ? static_cast<uint8_t>(value + ('a' - 'A')) : value;
}

// Label lengths are below 64 and so never taken for letters.
bool is_same_name(base::Bytes a, base::Bytes b) noexcept {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

void append_label(std::string& text, base::Bytes label) {
  for (const std::byte byte : label) {
    const auto value = static_cast<unsigned char>(byte);
    const bool is_plain = value > ' ' && value < 0x7f && value != '.' && value != '\\';
    if (is_plain) {
      text.push_back(static_cast<char>(value));
    } else {
      fmt::format_to(std::back_inserter(text), "\\{:03}", value);
    }
  }
  text.push_back('.');
}

std::string type_name(uint16_t type) {
  switch (type) {
    case 1:
      return "A";
    case 2:
      return "NS";
    case 5:
      return "CNAME";
    case 6:
      return "SOA";
    case 12:
      return "PTR";
    case 15:
      return "MX";
    case 16:
      return "TXT";
    case 28:
      return "AAAA";
    case 33:
      return "SRV";
    case 65:
      return "HTTPS";
    case 255:
      return "ANY";
    default:
      return fmt::format("TYPE{}", type);  // RFC 3597 section 5
  }
}

void write_opt_record(base::ByteWriter& writer) noexcept {
  writer.write_u8(0);  // the root name
  writer.write_be16(kTypeOpt);
  writer.write_be16(kOwnUdpBytes);
  writer.write_be32(0);  // extended code, version 0, no flags
  writer.write_be16(0);
}

}  // namespace

std::optional<DnsQuestion> DnsView::question() const noexcept {
  if (header().question_count == 0) return std::nullopt;
  const base::Bytes body = message_.subspan(sizeof(DnsHeader));
  base::ByteReader reader(body);
  for (uint8_t length = 1; length != 0 && reader.ok();) {
    length = reader.read_u8();
    if (length >= 64) return std::nullopt;
    reader.skip(length);
  }
  DnsQuestion question;
  question.name = body.first(body.size() - reader.rest().size());
  question.type = reader.read_be16();
  question.question_class = reader.read_be16();
  if (!reader.ok() || question.name.size() > kMaxNameBytes) return std::nullopt;
  return question;
}

std::optional<uint16_t> DnsView::edns_udp_bytes() const noexcept {
  const DnsHeader counts = header();
  base::ByteReader reader(message_.subspan(sizeof(DnsHeader)));
  for (uint32_t i = 0; i < counts.question_count && reader.ok(); ++i) skip_question(reader);
  const uint32_t before = uint32_t{counts.answer_count} + counts.authority_count;
  for (uint32_t i = 0; i < before && reader.ok(); ++i) read_record(reader);
  for (uint32_t i = 0; i < counts.additional_count && reader.ok(); ++i) {
    const Record record = read_record(reader);
    if (reader.ok() && record.type == kTypeOpt) {
      return std::max(record.record_class, kDnsClassicUdpBytes);
    }
  }
  return std::nullopt;
}

bool is_answer_to(const DnsView& answer, const DnsView& query) noexcept {
  if (!answer.is_response() || answer.id() != query.id()) return false;
  if (answer.opcode() != query.opcode()) return false;
  // Servers that could not read the query may leave its question out.
  const bool is_error = answer.response_code() != DnsResponseCode::kNoError;
  if (is_error && answer.header().question_count == 0) return true;
  const auto asked = query.question();
  const auto answered = answer.question();
  return asked && answered && asked->type == answered->type &&
         asked->question_class == answered->question_class &&
         is_same_name(asked->name, answered->name);
}

std::string to_text(const DnsQuestion& question) {
  std::string text;
  base::ByteReader reader(question.name);
  while (!reader.rest().empty()) {
    const base::Bytes label = reader.take(reader.read_u8());
    if (!label.empty()) append_label(text, label);
  }
  if (text.empty()) text = ".";
  return text + " " + type_name(question.type);
}

size_t emit_dns_reply(base::MutableBytes out, const DnsView& query, DnsResponseCode code,
                      bool is_truncated) noexcept {
  const DnsHeader asked = query.header();
  const auto question = query.question();
  const bool has_question = question && asked.question_count == 1;
  const bool has_opt = query.edns_udp_bytes().has_value();
  const uint16_t kept = asked.flags & (kDnsOpcodeMask | kDnsRecursionDesired);
  const uint16_t truncated = is_truncated ? kDnsTruncated : uint16_t{0};

  DnsHeader header{};
  header.id = asked.id;
  header.flags = static_cast<uint16_t>(kept | kDnsResponse | kDnsRecursionAvailable | truncated |
                                       static_cast<uint16_t>(code));
  header.question_count = uint16_t{has_question};
  header.additional_count = uint16_t{has_opt};

  base::ByteWriter writer(out);
  writer.write(base::bytes_of(header));
  if (has_question) {
    writer.write(question->name);
    writer.write_be16(question->type);
    writer.write_be16(question->question_class);
  }
  if (has_opt) write_opt_record(writer);
  return writer.ok() ? writer.written().size() : 0;
}

}  // namespace nsrun::wire
