// SPDX-License-Identifier: Apache-2.0
#include "nsrun/handshake.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "wire/endpoint_bytes.hh"

namespace nsrun {
namespace {

// Each message opens with its mark and the version of its sender, whatever follows.
constexpr uint32_t kHelloMark = 0x4e535248;     // "NSRH"
constexpr uint32_t kAnswerMark = 0x4e535241;    // "NSRA"
constexpr uint32_t kAddedMark = 0x4e53522b;     // "NSR+"
constexpr uint32_t kRemovedMark = 0x4e53522d;   // "NSR-"
constexpr uint32_t kForwardsMark = 0x4e535246;  // "NSRF"
constexpr size_t kMaxReasonBytes = 4096;
constexpr size_t kMaxMessageBytes = 16 + kMaxReasonBytes;
constexpr size_t kHeadBytes = 8;
constexpr uint8_t kAutomatic = 0x80;  // beside the protocol
constexpr size_t kForwardBytes = 4 + 1 + 2 * wire::kEndpointBytes;
constexpr size_t kMaxKnownForwards = size_t{4} * 65535;

std::vector<std::byte> copy_of(base::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

base::Error version_error(std::string_view sender, std::string_view reader, uint32_t version) {
  const bool sender_is_older = version < kHandshakeVersion;
  return base::Error{
      fmt::format("{} is older than {} (handshake {} and {}): install both from one build",
                  sender_is_older ? sender : reader, sender_is_older ? reader : sender,
                  std::min(version, kHandshakeVersion), std::max(version, kHandshakeVersion))};
}

void write_head(base::ByteWriter& writer, uint32_t mark) {
  writer.write_be32(mark);
  writer.write_be32(kHandshakeVersion);
}

void write_forward(base::ByteWriter& writer, int id, const KnownForward& known) {
  const auto& [forward, is_automatic] = known;
  writer.write_be32(static_cast<uint32_t>(id));
  const unsigned kind = static_cast<uint8_t>(forward.transport) | (is_automatic ? kAutomatic : 0U);
  writer.write_u8(static_cast<uint8_t>(kind));
  wire::write_endpoint(writer, forward.host);
  wire::write_endpoint(writer, forward.guest);
}

bool is_id(uint32_t value) noexcept { return value >= 1 && value <= uint32_t{kMaxForwardId}; }

std::optional<ForwardAdded> read_forward(base::ByteReader& reader) {
  const uint32_t id = reader.read_be32();
  const uint8_t kind = reader.read_u8();
  const wire::Endpoint host = wire::read_endpoint(reader);
  const wire::Endpoint guest = wire::read_endpoint(reader);
  const bool is_automatic = (kind & kAutomatic) != 0;
  const auto transport = wire::to_transport(static_cast<uint8_t>(kind & ~kAutomatic));
  if (!reader.ok() || !is_id(id) || !transport) return std::nullopt;
  return ForwardAdded{static_cast<int>(id), {*transport, host, guest}, is_automatic};
}

// The following read what stands behind mark and version.

base::Result<HelperMessage> read_answer(base::ByteReader& reader) {
  const uint8_t is_ready = reader.read_u8();
  if (!reader.ok() || is_ready > 1) return base::Error{"the helper's answer is cut short or wrong"};
  const base::Bytes reason = reader.rest();
  return HelperMessage(
      Answer{.is_ready = is_ready == 1,
             .reason = std::string(reinterpret_cast<const char*>(reason.data()), reason.size())});
}

base::Result<HelperMessage> read_added(base::ByteReader& reader) {
  const auto added = read_forward(reader);
  if (!added || !reader.rest().empty()) return base::Error{"the helper's new forward is wrong"};
  return HelperMessage(*added);
}

base::Result<HelperMessage> read_removed(base::ByteReader& reader) {
  const uint32_t id = reader.read_be32();
  if (!reader.ok() || !is_id(id) || !reader.rest().empty()) {
    return base::Error{"the helper's removed forward is wrong"};
  }
  return HelperMessage(ForwardRemoved{static_cast<int>(id)});
}

}  // namespace

void KnownForwards::apply(const ForwardAdded& added) {
  if (by_id_.size() < kMaxKnownForwards) {
    by_id_.insert_or_assign(added.id, KnownForward{added.forward, added.is_automatic});
  }
  last_id_ = std::max(last_id_, added.id);
}

std::vector<std::byte> encode(const Hello& hello) {
  std::byte space[kMaxMessageBytes];
  base::ByteWriter writer(space);
  writer.write_be32(kHelloMark);
  writer.write_be32(hello.version);
  return copy_of(writer.written());
}

std::vector<std::byte> encode(const Answer& answer) {
  std::byte space[kMaxMessageBytes];
  base::ByteWriter writer(space);
  write_head(writer, kAnswerMark);
  writer.write_u8(answer.is_ready ? 1 : 0);
  writer.write(std::as_bytes(
      std::span(answer.reason).first(std::min(answer.reason.size(), kMaxReasonBytes))));
  return copy_of(writer.written());
}

std::vector<std::byte> encode(const ForwardAdded& added) {
  std::byte space[kHeadBytes + kForwardBytes];
  base::ByteWriter writer(space);
  write_head(writer, kAddedMark);
  write_forward(writer, added.id, {added.forward, added.is_automatic});
  return copy_of(writer.written());
}

std::vector<std::byte> encode(const ForwardRemoved& removed) {
  std::byte space[kHeadBytes + 4];
  base::ByteWriter writer(space);
  write_head(writer, kRemovedMark);
  writer.write_be32(static_cast<uint32_t>(removed.id));
  return copy_of(writer.written());
}

std::vector<std::byte> encode(const KnownForwards& forwards) {
  std::vector<std::byte> space(kHeadBytes + 4 + forwards.by_id().size() * kForwardBytes);
  base::ByteWriter writer(space);
  write_head(writer, kForwardsMark);
  writer.write_be32(static_cast<uint32_t>(forwards.last_id()));
  for (const auto& [id, known] : forwards.by_id()) write_forward(writer, id, known);
  return space;
}

base::Result<Hello> decode_hello(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const uint32_t mark = reader.read_be32();
  const Hello hello{.version = reader.read_be32()};
  if (!reader.ok() || mark != kHelloMark) {
    return base::Error{"the launcher's message is not a hello"};
  }
  if (hello.version != kHandshakeVersion) {
    return version_error("netns-run", "netns-slirp", hello.version);
  }
  if (!reader.rest().empty()) return base::Error{"the launcher's hello is too long"};
  return hello;
}

base::Result<HelperMessage> decode_helper_message(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const uint32_t mark = reader.read_be32();
  const uint32_t version = reader.read_be32();
  const bool is_known = mark == kAnswerMark || mark == kAddedMark || mark == kRemovedMark;
  if (!reader.ok() || !is_known) return base::Error{"the helper's message is not understood"};
  if (version != kHandshakeVersion) return version_error("netns-slirp", "netns-run", version);
  if (mark == kAddedMark) return read_added(reader);
  if (mark == kRemovedMark) return read_removed(reader);
  return read_answer(reader);
}

// Both programs have said their versions before.
base::Result<KnownForwards> decode_known_forwards(base::Bytes bytes) {
  const base::Error error{"the launcher's list of forwards is wrong"};
  base::ByteReader reader(bytes);
  const bool has_head =
      reader.read_be32() == kForwardsMark && reader.read_be32() == kHandshakeVersion;
  const uint32_t last_id = reader.read_be32();
  if (!has_head || !reader.ok() || last_id > uint32_t{kMaxForwardId}) return error;
  KnownForwards forwards;
  while (!reader.rest().empty()) {
    const auto added = read_forward(reader);
    const bool is_next = added && added->id > forwards.last_id();
    if (!is_next || forwards.by_id().size() == kMaxKnownForwards) return error;
    forwards.apply(*added);
  }
  if (static_cast<int>(last_id) < forwards.last_id()) return error;
  forwards.set_last_id(static_cast<int>(last_id));
  return forwards;
}

}  // namespace nsrun
