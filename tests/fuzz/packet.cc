// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a frame: parsed, printed, and answered with an ICMP error.
#include <array>

#include "bytes.hh"
#include "support/frame_text.hh"
#include "wire/icmp.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  const wire::ParsedFrame parsed = wire::parse_frame(fuzz::as_bytes(data, size));
  NSRUN_CHECK(!test::describe_frame(fuzz::as_bytes(data, size)).empty());
  if (parsed.status != wire::ParseStatus::kIp) return 0;

  const wire::Packet& packet = parsed.packet;
  NSRUN_CHECK(packet.transport_offset + packet.transport.size() == packet.ip.size());
  std::array<std::byte, wire::kMaxIcmpV6ErrorBytes> out;
  const size_t length =
      wire::emit_icmp_error(out, wire::IcmpError::kHostUnreachable,
                            packet.is_v4 ? wire::kLoopbackV4 : wire::kLoopbackV6, packet.ip);
  if (length != 0) {
    NSRUN_CHECK(wire::parse_ip(base::Bytes(out).first(length)).status == wire::ParseStatus::kIp);
  }
  return 0;
}
