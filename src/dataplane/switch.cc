// SPDX-License-Identifier: Apache-2.0
#include "dataplane/switch.hh"

#include <array>

#include "dataplane/answer_frames.hh"
#include "dataplane/guest_addresses.hh"
#include "dataplane/sanitise.hh"
#include "wire/arp.hh"
#include "wire/checksum.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using rules::Verdict;

constexpr base::Duration kAuditInterval = std::chrono::seconds(1);

// libslirp's MAC addresses end in the IP address they stand for.
constexpr uint8_t kStackMacFirst = 0x52;
constexpr uint8_t kStackMacV4 = 0x55;
constexpr uint8_t kStackMacV6 = 0x56;

// A bridge in the guest floods frames here that are not for us.
bool is_for_us(const wire::MacAddress& mac) noexcept {
  return mac.is_multicast() || (mac.octets[0] == kStackMacFirst &&
                                (mac.octets[1] == kStackMacV4 || mac.octets[1] == kStackMacV6));
}

wire::MacAddress stack_mac(const wire::IpAddress& address) noexcept {
  const auto& octets = address.octets();
  return {{kStackMacFirst, address.is_v4() ? kStackMacV4 : kStackMacV6, octets[12], octets[13],
           octets[14], octets[15]}};
}

const char* protocol_name(uint8_t protocol) noexcept {
  switch (protocol) {
    case wire::kProtocolTcp:
      return "tcp";
    case wire::kProtocolUdp:
      return "udp";
    case wire::kProtocolIcmp:
    case wire::kProtocolIcmpV6:
      return "icmp";
    default:
      return "other";
  }
}

// Several datagrams in one frame: only the relay takes them apart.
bool is_datagram_run(const GuestFrame& frame) noexcept {
  return wire::gso_kind(frame.virtio) == wire::kVirtioGsoUdpL4;
}

bool has_bad_checksum(const GuestFrame& frame, const wire::Packet& packet) noexcept {
  if (frame.has_trusted_checksum()) return false;
  const auto datagram = wire::UdpView::parse(packet.transport);
  if (packet.is_v4 && datagram->checksum() == 0) return false;
  return !wire::has_valid_transport_checksum(datagram->datagram(), packet.source,
                                             packet.destination, wire::kProtocolUdp);
}

}  // namespace

Switch::Switch(loop::Loop& loop, const RoutingRules& rules, base::Counters& counters)
    : rules_(rules),
      counters_(counters),
      fragment_timer_(loop,
                      [this](base::Time now) {
                        counters_.add(Counter::kDroppedFragmentTimeout, reassembler_.expire(now));
                        fragment_timer_.set(reassembler_.next_deadline());
                      }),
      audit_(kAuditInterval),
      answer_(kLongestAnswerFrame) {}

void Switch::connect(FrameIo& tap, slirp::Engine& stack, dns::Forwarder& name_server,
                     EchoRelay& echo) noexcept {
  echo_ = &echo;
  tap_ = &tap;
  stack_ = &stack;
  name_server_ = &name_server;
}

void Switch::receive(const GuestFrame& frame, base::Time now) noexcept {
  const wire::ParsedFrame parsed = wire::parse_frame(frame.bytes);
  if (const auto reason = wire::drop_counter(parsed.status)) return drop(*reason);
  if (!is_for_us(parsed.packet.ethernet.destination)) return drop(Counter::kDroppedForeignMac);
  // A virtual machine's address is in no device that we could ask; any frame of its kernel tells
  // it.
  if (neighbors_.knows_nobody()) neighbors_.assume(parsed.packet.ethernet.source);
  if (parsed.status == wire::ParseStatus::kArp) {
    if (!is_fit_arp(frame.bytes)) return drop(Counter::kDroppedUnfitForStack);
    return give_to_stack(frame.bytes);
  }
  if (parsed.packet.fragment) return receive_fragment(parsed.packet, now);
  receive_whole(frame, parsed.packet, now);
}

void Switch::receive_fragment(const wire::Packet& packet, base::Time now) noexcept {
  const wire::Reassembled result = reassembler_.add(packet, now);
  fragment_timer_.set(reassembler_.next_deadline());
  if (const auto reason = wire::drop_counter(result.status)) return drop(*reason);
  if (result.status != wire::FragmentStatus::kComplete) return;
  const GuestFrame whole{result.frame, {}};
  const wire::ParsedFrame parsed = wire::parse_frame(whole.bytes);
  if (const auto reason = wire::drop_counter(parsed.status)) return drop(*reason);
  receive_whole(whole, parsed.packet, now);
  // The reassembler uses its memory again.
  if (TransportEngine* engine = engine_for(parsed.packet)) engine->settle(now);
}

void Switch::receive_whole(const GuestFrame& frame, const wire::Packet& packet,
                           base::Time now) noexcept {
  if (!has_usable_source(packet)) return drop(Counter::kDroppedBadIp);
  learn(packet);
  TransportEngine* engine = engine_for(packet);
  if (engine != nullptr && engine->receive_known(packet, frame, now)) return;
  const Route where = route(rules_, packet);
  switch (where.destination) {
    case Destination::kIgnored:
      return;
    case Destination::kStack:
      return give_to_stack(frame, packet);
    case Destination::kPing:
      if (const auto error = echo_->receive(packet, now)) refuse(packet, *error);
      return;
    case Destination::kNameServer:
      return ask_name_server(frame, packet, now);
    case Destination::kFlow:
      return begin_flow(frame, packet, now);
    case Destination::kClosedPort:
      if (packet.protocol == wire::kProtocolTcp) return reset(packet);
      return refuse(packet, wire::IcmpError::kPortUnreachable);
    case Destination::kDenied:
      return deny(packet, where.verdict, now);
  }
}

TransportEngine* Switch::engine_for(const wire::Packet& packet) const noexcept {
  if (packet.fragment) return nullptr;
  if (packet.protocol == wire::kProtocolTcp) {
    const bool is_for_stack =
        stack_carries_tcp_ && !is_name_server(rules_.plan, packet.destination);
    return is_for_stack ? nullptr : tcp_engine_;
  }
  return packet.protocol == wire::kProtocolUdp ? udp_engine_ : nullptr;
}

void Switch::begin_flow(const GuestFrame& frame, const wire::Packet& packet,
                        base::Time now) noexcept {
  if (TransportEngine* engine = engine_for(packet)) return engine->receive_new(packet, frame, now);
  if (packet.protocol == wire::kProtocolTcp) clear_urgent(frame, packet);
  give_to_stack(frame, packet);
}

void Switch::learn(const wire::Packet& packet) noexcept {
  // Who asks whether an address is free (RFC 4862 section 5.4.2) has none yet.
  if (packet.source.is_unspecified()) return;
  neighbors_.learn(packet.source, packet.ethernet.source);
  if (has_seen_guest_v6_ || packet.is_v4 || !rules_.plan.has_v6) return;
  if (!rules_.plan.v6.contains(packet.source)) return;
  has_seen_guest_v6_ = true;
  if (on_guest_v6_) on_guest_v6_(packet.source);
}

void Switch::ask_name_server(const GuestFrame& frame, const wire::Packet& packet,
                             base::Time now) noexcept {
  if (is_datagram_run(frame) || has_bad_checksum(frame, packet))
    return drop(Counter::kDroppedBadTransport);
  const auto datagram = wire::UdpView::parse(packet.transport);
  name_server_->query(packet.source_endpoint(), packet.destination_endpoint(), datagram->payload(),
                      now);
}

void Switch::give_to_stack(const GuestFrame& frame, const wire::Packet& packet) noexcept {
  if (!is_fit_for_stack(packet)) return drop(Counter::kDroppedUnfitForStack);
  if (is_datagram_run(frame) || !complete_checksum(frame))
    return drop(Counter::kDroppedBadVirtioHeader);
  // Without the padding behind the packet: all its lengths agree.
  give_to_stack(frame.bytes.first(sizeof(wire::EthernetHeader) + packet.ip.size()));
}

void Switch::give_to_stack(base::Bytes frame) noexcept {
  counters_.add(Counter::kSlirpFrames);
  stack_->input(frame);
}

void Switch::send_from_stack(base::Bytes frame) noexcept { tap_->send_or_drop(frame); }

void Switch::dns_answer(const wire::Endpoint& guest, const wire::Endpoint& dns_address,
                        base::Bytes message) noexcept {
  const LinkPair link = link_for(guest.address, dns_address.address);
  send_answer(emit_datagram(answer_, link, dns_address, guest, message));
}

LinkPair Switch::link_for(const wire::IpAddress& guest,
                          const wire::IpAddress& remote) const noexcept {
  const LinkPair link{neighbors_.mac_of(guest), stack_mac(gateway(remote.is_v4()))};
  if (neighbors_.knows_nobody() && guest.is_v4()) ask_who_has(guest, link);
  return link;
}

void Switch::ask_who_has(const wire::IpAddress& guest, const LinkPair& link) const noexcept {
  std::array<std::byte, sizeof(wire::EthernetHeader) + sizeof(wire::ArpMessage)> request;
  tap_->send_or_drop(
      base::Bytes(request).first(emit_arp_request(request, link, rules_.plan.gateway_v4, guest)));
}

void Switch::deny(const wire::Packet& packet, Verdict verdict, base::Time now) noexcept {
  drop(Counter::kDeniedByPolicy);
  if (uint64_t suppressed = 0; audit_.allows(now, suppressed)) {
    base::log::info("denied: protocol={} source={} destination={} reason=\"{}\" suppressed={}",
                    protocol_name(packet.protocol), packet.source_endpoint(),
                    packet.destination_endpoint(), rules::verdict_reason(verdict), suppressed);
  }
  // What callers of slirp4netns expect: "Network is unreachable".
  if (verdict == Verdict::kHostLoopback) {
    return refuse(packet, wire::IcmpError::kNetworkUnreachable);
  }
  if (packet.protocol == wire::kProtocolTcp) return reset(packet);
  refuse(packet, wire::IcmpError::kAdministrativelyProhibited);
}

void Switch::refuse(const wire::Packet& packet, wire::IcmpError error) noexcept {
  send_answer(emit_refusal(answer_, error, gateway(packet.is_v4), packet));
}

void Switch::reset(const wire::Packet& packet) noexcept {
  send_answer(emit_reset(answer_, packet));
}

void Switch::send_answer(size_t length) noexcept {
  if (length != 0) tap_->send_or_drop(base::Bytes(answer_).first(length));
}

const wire::IpAddress& Switch::gateway(bool is_v4) const noexcept {
  return is_v4 ? rules_.plan.gateway_v4 : rules_.plan.gateway_v6;
}

}  // namespace nsrun::dataplane
