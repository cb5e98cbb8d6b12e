// SPDX-License-Identifier: Apache-2.0
#include "scenario.hh"

#include <fmt/format.h>

#include <array>

#include "wire/ip_header.hh"
#include "wire/udp.hh"

namespace nsrun::base {
namespace {

constexpr Time kStart{1h};
Time story_time = kStart;

}  // namespace

// The program's only clock. Defined here, so that the linker leaves the real one out.
Time now() noexcept { return story_time; }

}  // namespace nsrun::base

namespace nsrun::dataplane {
namespace {

using test::ip;

constexpr uint16_t kGuestPort = 5000;

test::Frame ip_packet(const wire::IpAddress& source, const wire::IpAddress& destination,
                      bool is_fragmentable, base::Bytes datagram) {
  test::Frame packet(sizeof(wire::Ipv6Header) + datagram.size());
  base::ByteWriter writer(packet);
  wire::write_ip_header(writer, source, destination, wire::kProtocolUdp, datagram.size(),
                        /*dont_fragment=*/!is_fragmentable);
  writer.write(datagram);
  packet.resize(writer.written().size());
  return packet;
}

std::optional<wire::IcmpError> icmp_error_of(Sketch::Kind kind) {
  switch (kind) {
    case Sketch::Kind::kPortUnreachable:
      return wire::IcmpError::kPortUnreachable;
    case Sketch::Kind::kHostUnreachable:
      return wire::IcmpError::kHostUnreachable;
    case Sketch::Kind::kNetworkUnreachable:
      return wire::IcmpError::kNetworkUnreachable;
    case Sketch::Kind::kTooBig:
      return wire::IcmpError::kPacketTooBig;
    case Sketch::Kind::kDatagram:
      break;
  }
  return std::nullopt;
}

std::optional<Sketch::Kind> kind_of(const wire::IcmpView& message, bool is_v4) {
  if (!is_v4) {
    if (message.type() == wire::icmp_v6::kPacketTooBig) return Sketch::Kind::kTooBig;
    if (message.type() != wire::icmp_v6::kDestinationUnreachable) return std::nullopt;
    switch (message.code()) {
      case wire::icmp_v6::kNoRoute:
        return Sketch::Kind::kNetworkUnreachable;
      case wire::icmp_v6::kAddressUnreachable:
        return Sketch::Kind::kHostUnreachable;
      case wire::icmp_v6::kPortUnreachable:
        return Sketch::Kind::kPortUnreachable;
      default:
        return std::nullopt;
    }
  }
  if (message.type() != wire::icmp_v4::kDestinationUnreachable) return std::nullopt;
  switch (message.code()) {
    case wire::icmp_v4::kNetworkUnreachable:
      return Sketch::Kind::kNetworkUnreachable;
    case wire::icmp_v4::kHostUnreachable:
      return Sketch::Kind::kHostUnreachable;
    case wire::icmp_v4::kPortUnreachable:
      return Sketch::Kind::kPortUnreachable;
    case wire::icmp_v4::kFragmentationNeeded:
      return Sketch::Kind::kTooBig;
    default:
      return std::nullopt;
  }
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(On, Scenario,
                         testing::Values(Variant{true, true}, Variant{true, false},
                                         Variant{false, true}, Variant{false, false}),
                         [](const auto& test) {
                           return std::string(test.param.is_v4 ? "IPv4" : "IPv6") +
                                  (test.param.has_offloads ? "" : "WithoutOffloads");
                         });

Scenario::Scenario() : story_(base::kStart) {
  base::story_time = base::kStart;
  settings.plan = rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();
  try {
    world_.emplace();
  } catch (const base::SystemError& error) {
    missing_ = error.what();
  }
  descriptors_before_ = test::open_descriptors();
}

void Scenario::SetUp() {
  if (!missing_.empty()) GTEST_SKIP() << "no network of its own: " << missing_;
  testing::internal::CaptureStderr();
}

void Scenario::TearDown() {
  if (!missing_.empty()) return;
  begin_action("the story ends", 0);
  testing::internal::GetCapturedStderr();
  bench_.reset();
  judge(test::open_descriptors() == descriptors_before_ + clients_, "a descriptor was left open");
}

// ---- the story ----------------------------------------------------------------------------------

// Something happens: all that was sent before must have been told.
bool Scenario::begin_action(const std::string& step, int line) {
  if (!begin_check(step, line)) return false;
  relay.is_silent(0);
  return !story_.has_failed();
}

// Something is looked at.
bool Scenario::begin_check(const std::string& step, int line) {
  if (!story_.tell(step, line, base::now())) return false;
  build_relay();
  return true;
}

void Scenario::judge(bool is_right, const std::string& reason) {
  if (!is_right) fail(reason);
}

void Scenario::build_relay() {
  if (bench_) return;
  const LinkDirectory& links = *this;
  bench_.emplace(GetParam().has_offloads,
                 [&](loop::Loop& loop, FrameSink& sink, base::Counters& counters) {
                   return std::make_unique<UdpRelay>(loop, sink, links, counters, settings);
                 });
  // As the switch does.
  bench_->admits = [this](const wire::Packet& packet) {
    const RoutingRules rules{settings.plan, policy, true};
    if (route(rules, packet).destination == Destination::kFlow) return true;
    bench_->counters.add(Counter::kDeniedByPolicy);
    return false;
  };
  descriptors_of_bench_ = test::open_descriptors() - descriptors_before_ - clients_;
}

void Scenario::turn() {
  bench_->turns();
  look_at_network();
}

template <typename Predicate>
bool Scenario::comes(Predicate is_there) {
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!is_there()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    turn();
  }
  return true;
}

void Scenario::after(base::Duration duration, int line) {
  if (!begin_action(fmt::format("{} s pass", duration / 1s), line)) return;
  base::story_time += duration;
  turn();
}

// ---- who is where -------------------------------------------------------------------------------

wire::IpAddress Scenario::address_of(Place place) const {
  const bool is_v4 = GetParam().is_v4;
  const auto choose = [&](const char* v4, const char* v6) { return ip(is_v4 ? v4 : v6); };
  switch (place) {
    case Place::kGuest:
      return choose("10.0.2.100", "fd00::100");
    case Place::kGateway:
      return choose("10.0.2.2", "fd00::2");
    case Place::kHost:
      return choose("192.0.2.1", "2001:db8::1");
    case Place::kHostToo:
      return choose("192.0.2.2", "2001:db8::2");
    case Place::kAny:
      return choose("0.0.0.0", "::");
    case Place::kLoopback:
      return choose("127.0.0.1", "::1");
    case Place::kServer:
      return choose("192.0.2.7", "2001:db8::7");
    case Place::kOther:
      return choose("192.0.2.8", "2001:db8::8");
    case Place::kRouter:
      return choose("192.0.2.254", "2001:db8::fe");
    case Place::kElsewhere:
      return choose("198.51.100.1", "2001:db8:1::1");
    case Place::kLinkLocal:
      return choose("169.254.7.7", "fe80::7");
    case Place::kGuestsNetwork:
      return choose("10.0.2.77", "fd00::77");
    case Place::kOtherFamily:
      return choose("2001:db8::7", "192.0.2.7");
    case Place::kHostOtherFamily:
      return choose("2001:db8::1", "192.0.2.1");
    case Place::kAnyOtherFamily:
      return choose("::", "0.0.0.0");
  }
  return {};
}

wire::Endpoint Scenario::endpoint_of(const Spot& spot) const {
  return {address_of(spot.place), spot.port != nullptr ? spot.port->number : spot.number};
}

bool Scenario::is_at(const std::optional<Spot>& expected, const wire::Endpoint& seen) const {
  if (!expected) return true;
  if (address_of(expected->place) != seen.address) return false;
  if (expected->port != nullptr && expected->port->number == 0) expected->port->number = seen.port;
  const uint16_t port = endpoint_of(*expected).port;
  return port == 0 || port == seen.port;
}

// ---- to the relay -------------------------------------------------------------------------------

// An IP packet behind `offset` bytes.
Scenario::SentPacket Scenario::packet_of(const Sketch& sketch, size_t offset) const {
  const wire::Endpoint source = endpoint_of(*sketch.source);
  const wire::Endpoint destination = endpoint_of(*sketch.destination);
  test::Frame datagram(sizeof(wire::UdpHeader) + sketch.text.size());
  base::ByteWriter writer(datagram);
  writer.write(
      base::bytes_of(wire::make_udp_header(source.port, destination.port, sketch.text.size())));
  writer.write(test::bytes(sketch.text));
  const size_t ip_bytes = wire::ip_header_length(source.address.is_v4());
  SentPacket sent;
  if (sketch.run_bytes == 0) {
    wire::set_transport_checksum(datagram, wire::kUdpChecksumOffset, source.address,
                                 destination.address, wire::kProtocolUdp);
  } else {
    test::set_partial_checksum(datagram, wire::kUdpChecksumOffset, source.address,
                               destination.address, wire::kProtocolUdp);
    sent.virtio = {
        .flags = wire::kVirtioNeedsChecksum,
        .gso_type = wire::kVirtioGsoUdpL4,
        .header_length = static_cast<uint16_t>(offset + ip_bytes + sizeof(wire::UdpHeader)),
        .gso_size = sketch.run_bytes,
        .checksum_start = static_cast<uint16_t>(offset + ip_bytes),
        .checksum_offset = wire::kUdpChecksumOffset};
  }
  sent.bytes = ip_packet(source.address, destination.address, sketch.is_fragmentable, datagram);
  return sent;
}

void Scenario::give_to_relay(std::initializer_list<Sketch> sketches) {
  const uint16_t type = GetParam().is_v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6;
  for (Sketch sketch : sketches) {
    if (!sketch.source) sketch.from(Place::kGuest, kGuestPort);
    const SentPacket packet = packet_of(sketch, sizeof(wire::EthernetHeader));
    bench_->takes(test::ethernet(type, packet.bytes), packet.virtio, base::now());
  }
  bench_->settle(base::now());
}

std::optional<test::Frame> Scenario::error_packet(const Sketch& sketch) const {
  const auto error = icmp_error_of(sketch.kind);
  if (!error) return std::nullopt;
  test::Frame packet(wire::kMaxIcmpV6ErrorBytes);
  packet.resize(wire::emit_icmp_error(packet, *error, endpoint_of(*sketch.source).address,
                                      last_carried_, sketch.mtu));
  return packet;
}

void Scenario::give_to_host(const Sketch& sketch) {
  if (const auto error = error_packet(sketch)) {
    world_->deliver(*error);
    return;
  }
  const SentPacket packet = packet_of(sketch, 0);
  judge(world_->deliver(packet.bytes, packet.virtio), "the kernel refused the packet");
}

// ---- from the relay -----------------------------------------------------------------------------

// What the kernel says for itself (multicast reports, solicitations) is no part of the story.
void Scenario::look_at_network() {
  while (auto packet = world_->next()) {
    if (seen_in(wire::parse_ip(*packet).packet)) carried_.push_back(std::move(*packet));
  }
}

std::optional<Scenario::Seen> Scenario::seen_in(const wire::Packet& packet) {
  Seen seen;
  seen.source = packet.source_endpoint();
  seen.destination = packet.destination_endpoint();
  seen.is_fragmentable = !packet.dont_fragment;
  if (packet.protocol == wire::kProtocolUdp) {
    const base::Bytes payload = wire::UdpView::parse(packet.transport)->payload();
    seen.text.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
    return seen;
  }
  if (packet.protocol != wire::kProtocolIcmp && packet.protocol != wire::kProtocolIcmpV6) {
    return std::nullopt;
  }
  const wire::IcmpView message = wire::IcmpView::parse(packet.transport).value();
  const auto kind = kind_of(message, packet.is_v4);
  if (!kind) return std::nullopt;
  seen.kind = *kind;
  seen.is_fragmentable = false;
  const wire::Packet quoted = wire::parse_ip(message.payload()).packet;
  seen.destination = quoted.source_endpoint();
  seen.subject = quoted.destination_endpoint();
  if (seen.kind == Sketch::Kind::kTooBig) {
    seen.mtu = message.sequence() | (packet.is_v4 ? 0U : unsigned{message.identifier()} << 16);
  }
  return seen;
}

void Scenario::compare(Sketch expected, const Seen& seen) {
  const bool is_right = seen.kind == expected.kind && seen.text == expected.text &&
                        seen.run_bytes == expected.run_bytes && seen.mtu == expected.mtu &&
                        is_at(expected.source, seen.source) &&
                        is_at(expected.destination, seen.destination) &&
                        is_at(expected.subject, seen.subject) &&
                        seen.is_fragmentable == (expected.is_fragmentable && GetParam().is_v4);
  judge(is_right, "what came is " + describe_seen(seen));
}

std::string Scenario::describe_seen(const Seen& seen) {
  Sketch sketch;
  sketch.kind = seen.kind;
  sketch.text = seen.text;
  sketch.run_bytes = seen.run_bytes;
  sketch.is_fragmentable = seen.is_fragmentable;
  sketch.mtu = seen.mtu;
  return fmt::format("{}: from {} to {} about {}", describe(sketch), seen.source, seen.destination,
                     seen.subject);
}

}  // namespace nsrun::dataplane
