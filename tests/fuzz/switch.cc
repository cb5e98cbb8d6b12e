// SPDX-License-Identifier: Apache-2.0
//
// A guest's frames through the switch into libslirp: nothing that it sends may end the helper. The
// input is a run of frames, each with a byte of options and two bytes of length before it.
// Addresses and checksums that guessing would not find are put right, as the options say. It all
// happens in a network namespace of its own, where nobody but its loopback can be reached.
#include "dataplane/switch.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "bytes.hh"
#include "dataplane/echo_relay.hh"
#include "os/fd_passing.hh"
#include "os/netlink.hh"
#include "wire/ipv4.hh"
#include "wire/packet.hh"

namespace {

using namespace nsrun;

constexpr unsigned kKeepAsIs = 1;  // of the byte of options

// The world of one input, so that every input can be repeated.
class World {
 public:
  World() {
    stack_config_.v4 = rules_.plan.v4;
    stack_config_.gateway_v4 = rules_.plan.gateway_v4;
    stack_config_.dns_v4 = rules_.plan.dns_v4;
    stack_config_.dhcp_start_v4 = rules_.plan.dhcp_start_v4;
    stack_config_.has_v6 = true;
    stack_config_.v6 = rules_.plan.v6;
    stack_config_.gateway_v6 = rules_.plan.gateway_v6;
    stack_config_.dns_v6 = rules_.plan.dns_v6;
    stack_config_.packet_bytes = slirp::kLargestPacket;
    stack_.emplace(loop_, stack_config_, switch_);
    switch_.connect(tap_, *stack_, name_server_, echo_);
  }

  void receives(const dataplane::GuestFrame& frame) {
    switch_.receive(frame, loop_.now());
    stack_->settle(loop_.now());
    loop_.run_once(base::now());
    stack_->settle(loop_.now());
    std::array<std::byte, 70'000> ignored;
    while (::read(tap_ends_.second.number(), ignored.data(), ignored.size()) > 0) continue;
  }

 private:
  os::Tap take_tap() {
    for (const base::FdView end : {tap_ends_.first.view(), tap_ends_.second.view()}) {
      base::check("make the TAP non-blocking", ::fcntl(end.number(), F_SETFL, O_NONBLOCK));
    }
    return {std::move(tap_ends_.first), {.has_virtio_net_header = true, .has_tso = true}};
  }

  const dataplane::RoutingRules rules_{
      rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value(),
      {.allow_host_loopback = true, .allow_link_local = true},
      true};
  slirp::StackConfig stack_config_;
  std::pair<base::Fd, base::Fd> tap_ends_ = os::make_seqpacket_pair();
  base::Counters counters_;
  loop::Loop loop_;
  dataplane::Switch switch_{loop_, rules_, counters_};
  dataplane::FrameIo tap_{loop_, take_tap(), switch_, counters_};
  dns::Forwarder name_server_{loop_, counters_, switch_};
  dataplane::EchoRelay echo_{loop_, tap_, std::nullopt, std::nullopt};
  std::optional<slirp::Engine> stack_;
};

void put_right(base::MutableBytes frame) {
  if (frame.size() < sizeof(wire::EthernetHeader) + sizeof(wire::Ipv4Header)) return;
  frame[0] = std::byte{0x52};
  frame[1] = std::byte{0x55};
  const base::MutableBytes ip = frame.subspan(sizeof(wire::EthernetHeader));
  const auto header_length = size_t{4} * (static_cast<uint8_t>(ip[0]) & 0x0f);
  const bool is_v4 = static_cast<uint8_t>(ip[0]) >> 4 == 4;
  if (!is_v4 || header_length < sizeof(wire::Ipv4Header) || header_length > ip.size()) return;
  base::store_big_endian(&ip[2], static_cast<uint16_t>(ip.size()));
  wire::set_ipv4_checksum(ip.first(header_length));
}

// Leaves the transport's checksum to the data plane, as a guest with offloads does.
wire::VirtioNetHeader partial_checksum(base::Bytes frame) {
  const wire::ParsedFrame parsed = wire::parse_frame(frame);
  if (parsed.status != wire::ParseStatus::kIp || parsed.packet.fragment) return {};
  const uint8_t protocol = parsed.packet.protocol;
  wire::VirtioNetHeader virtio;
  virtio.flags = wire::kVirtioNeedsChecksum;
  virtio.checksum_start =
      static_cast<uint16_t>(sizeof(wire::EthernetHeader) + parsed.packet.transport_offset);
  virtio.checksum_offset = protocol == wire::kProtocolTcp   ? 16
                           : protocol == wire::kProtocolUdp ? 6
                                                            : 2;
  return wire::is_valid_for(virtio, frame.size()) ? virtio : wire::VirtioNetHeader{};
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argument_count*/, char*** /*arguments*/) {
  if (::unshare(::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    std::perror("fuzz_switch needs a network namespace of its own");
    std::exit(1);
  }
  os::Netlink netlink;
  netlink.set_up(netlink.interface_index("lo"));
  base::log::open("fuzz_switch", base::log::Level::kError);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world;
  base::ByteReader reader(fuzz::as_bytes(data, size));
  while (reader.rest().size() > 3) {
    const uint8_t options = reader.read_u8();
    const size_t length = std::min<size_t>(reader.read_be16(), reader.rest().size());
    const base::Bytes taken = reader.take(length);
    std::vector<std::byte> frame(taken.begin(), taken.end());
    wire::VirtioNetHeader virtio;
    if ((options & kKeepAsIs) == 0) {
      put_right(frame);
      virtio = partial_checksum(frame);
    }
    world.receives({frame, virtio});
  }
  return 0;
}
