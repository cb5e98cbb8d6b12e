// SPDX-License-Identifier: Apache-2.0
#include "nsrun/handshake.hh"

#include <fmt/format.h>

#include <algorithm>

namespace nsrun {
namespace {

// Each message opens with its mark and the version of its sender, whatever follows.
constexpr uint32_t kHelloMark = 0x4e535248;   // "NSRH"
constexpr uint32_t kAnswerMark = 0x4e535241;  // "NSRA"
constexpr size_t kMaxReasonBytes = 4096;
constexpr size_t kMaxMessageBytes = 16 + kMaxReasonBytes;

std::vector<std::byte> copy_of(base::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

base::Error version_error(std::string_view sender, std::string_view reader, uint32_t version) {
  const bool sender_is_older = version < kHandshakeVersion;
  return base::Error{
      fmt::format("{} is older than {} (handshake {} and {}): install both from one build",
                  sender_is_older ? sender : reader, sender_is_older ? reader : sender,
                  std::min(version, kHandshakeVersion), std::max(version, kHandshakeVersion))};
}

}  // namespace

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
  writer.write_be32(kAnswerMark);
  writer.write_be32(kHandshakeVersion);
  writer.write_u8(answer.is_ready ? 1 : 0);
  writer.write(std::as_bytes(
      std::span(answer.reason).first(std::min(answer.reason.size(), kMaxReasonBytes))));
  return copy_of(writer.written());
}

base::Result<Hello> decode_hello(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const uint32_t mark = reader.read_be32();
  const Hello hello{.version = reader.read_be32()};
  if (!reader.ok() || mark != kHelloMark) return base::Error{"the launcher's message is no hello"};
  if (hello.version != kHandshakeVersion) {
    return version_error("netns-run", "netns-slirp", hello.version);
  }
  if (!reader.rest().empty()) return base::Error{"the launcher's hello is too long"};
  return hello;
}

base::Result<Answer> decode_answer(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  const uint32_t mark = reader.read_be32();
  const uint32_t version = reader.read_be32();
  if (!reader.ok() || mark != kAnswerMark) return base::Error{"the helper's message is no answer"};
  if (version != kHandshakeVersion) return version_error("netns-slirp", "netns-run", version);
  const uint8_t is_ready = reader.read_u8();
  if (!reader.ok() || is_ready > 1) return base::Error{"the helper's answer is cut short or wrong"};
  const base::Bytes reason = reader.rest();
  return Answer{.is_ready = is_ready == 1,
                .reason = std::string(reinterpret_cast<const char*>(reason.data()), reason.size())};
}

}  // namespace nsrun
