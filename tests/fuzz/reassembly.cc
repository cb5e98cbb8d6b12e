// SPDX-License-Identifier: Apache-2.0
//
// A run of frames, each behind two bytes of length and one of time passed: whatever the fragments
// are, memory stays under its cap and a complete datagram is one that parses, without a fragment.
#include "wire/reassembly.hh"

#include "bytes.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nsrun;
  constexpr size_t kCapacity = 32 << 10;
  wire::Reassembler reassembler(kCapacity);
  base::Time now{};
  base::ByteReader reader(fuzz::as_bytes(data, size));
  while (!reader.rest().empty()) {
    const size_t length = reader.read_be16();
    now += std::chrono::seconds(reader.read_u8() / 16);
    const wire::ParsedFrame parsed = wire::parse_frame(reader.take(length));
    if (parsed.status != wire::ParseStatus::kIp || !parsed.packet.fragment) continue;
    const wire::Reassembled result = reassembler.add(parsed.packet, now);
    NSRUN_CHECK(reassembler.held_bytes() <= kCapacity);
    if (result.status == wire::FragmentStatus::kComplete) {
      const wire::ParsedFrame whole = wire::parse_frame(result.frame);
      NSRUN_CHECK(whole.packet.ip.size() + sizeof(wire::EthernetHeader) == result.frame.size() ||
                  whole.status == wire::ParseStatus::kBadIp);
    }
    if (now >= reassembler.next_deadline()) reassembler.expire(now);
  }
  return 0;
}
