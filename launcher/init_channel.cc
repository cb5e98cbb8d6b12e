// SPDX-License-Identifier: Apache-2.0
#include "launcher/init_channel.hh"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.hh"
#include "base/error.hh"
#include "os/fd_passing.hh"

namespace nsrun::launcher {
namespace {

constexpr size_t kMaxTextBytes = 4096;

}  // namespace

void send_to_init_channel(base::FdView channel, const InitMessage& message) {
  std::array<std::byte, 8 + kMaxTextBytes> space;
  base::ByteWriter writer(space);
  writer.write_u8(static_cast<uint8_t>(message.word));
  writer.write_be32(static_cast<uint32_t>(message.number));
  const auto text = std::as_bytes(std::span(message.text));
  writer.write(text.first(std::min(text.size(), kMaxTextBytes)));
  const std::vector<base::FdView> fds(message.fds.begin(), message.fds.end());
  os::send_message(channel, writer.written(), fds);
}

std::optional<InitMessage> receive_from_init_channel(base::FdView channel) {
  auto received = os::receive_message(channel);
  if (!received) return std::nullopt;
  base::ByteReader reader(received->bytes);
  InitMessage message;
  message.word = static_cast<InitWord>(reader.read_u8());
  message.number = static_cast<int>(reader.read_be32());
  NSRUN_CHECK(reader.ok());
  const base::Bytes text = reader.rest();
  message.text.assign(reinterpret_cast<const char*>(text.data()), text.size());
  message.fds = std::move(received->fds);
  return message;
}

}  // namespace nsrun::launcher
