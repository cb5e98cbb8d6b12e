// SPDX-License-Identifier: Apache-2.0
//
// Datagrams between the guest and sockets on the host's loopback, through the relay alone.
#include "dataplane/udp_relay.hh"

#include <sched.h>

#include "os/netlink.hh"
#include "os/process.hh"
#include "support/host_socket.hh"
#include "support/relay_bench.hh"
#include "wire/udp.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using test::bytes;
using test::HostSocket;
using test::ip;
using wire::Endpoint;
using wire::Transport;
using namespace std::chrono_literals;

struct Variant {
  bool is_v4;
  bool has_offloads;
};

struct Links final : LinkDirectory {
  LinkPair link_for(const wire::IpAddress&, const wire::IpAddress&) const noexcept override {
    return {test::kGuestMac, test::kGatewayMac};
  }
};

UdpRelayConfig default_relay_config() {
  UdpRelayConfig config;
  config.plan = rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();
  return config;
}

class UdpRelayTest : public testing::TestWithParam<Variant> {
 protected:
  UdpRelayTest() { begin(default_relay_config()); }
  ~UdpRelayTest() override {
    bench_.reset();
    EXPECT_EQ(test::open_descriptors(), descriptors_before_);
  }

  void begin(const UdpRelayConfig& config) {
    bench_.reset();
    bench_.emplace(GetParam().has_offloads,
                   [&](loop::Loop& loop, FrameSink& sink, base::Counters& counters) {
                     return std::make_unique<UdpRelay>(loop, sink, links_, counters, config);
                   });
  }

  void guest_sends(std::string_view text, const Endpoint& to, uint16_t from = 5000,
                   base::Time now = base::now()) {
    bench_->takes(test::udp_frame({guest_, from}, to, bytes(text)), {}, now);
  }
  // With DF, as kernels do (IPv6 has it implied).
  void guest_sends_unfragmented(std::string_view text, const Endpoint& to, uint16_t from) {
    test::Frame datagram(sizeof(wire::UdpHeader) + text.size());
    base::ByteWriter writer(datagram);
    writer.write(base::bytes_of(wire::make_udp_header(from, to.port, text.size())));
    writer.write(bytes(text));
    wire::set_transport_checksum(datagram, wire::kUdpChecksumOffset, guest_, to.address,
                                 wire::kProtocolUdp);
    bench_->takes(test::ip_frame(guest_, to.address, wire::kProtocolUdp, datagram));
  }
  Endpoint through_gateway(const HostSocket& host) { return {gateway_, host.port()}; }
  Endpoint publish(uint16_t guest_port, const wire::IpAddress& host) {
    const uint16_t port = HostSocket::bound(Transport::kUdp, host).port();
    EXPECT_EQ(bench_->relay->open_port({host, port}, {guest_, guest_port}), std::nullopt);
    return {host, port};
  }

  // Of datagrams to the guest, runs taken apart.
  std::vector<std::string> payloads(size_t count) {
    std::vector<std::string> result;
    while (result.size() < count) {
      const test::NotedFrame frame = bench_->next_frame();
      if (frame.bytes.empty()) break;
      const wire::Packet packet = frame.packet();
      const base::Bytes payload = wire::UdpView::parse(packet.transport)->payload();
      const std::string text(reinterpret_cast<const char*>(payload.data()), payload.size());
      const size_t step = frame.virtio.gso_size != 0 ? frame.virtio.gso_size : text.size();
      size_t offset = 0;
      do {
        result.push_back(text.substr(offset, step));
        offset += step;
      } while (offset < text.size());
    }
    return result;
  }
  // An ICMP error about what the guest sent to `remote`.
  void expect_error(uint8_t type_v4, uint8_t code_v4, uint8_t type_v6, uint8_t code_v6,
                    const Endpoint& remote) {
    const test::NotedFrame frame = bench_->next_frame();
    ASSERT_FALSE(frame.bytes.empty());
    const wire::Packet packet = frame.packet();
    const auto error = wire::IcmpView::parse(packet.transport);
    EXPECT_EQ(error->type(), is_v4_ ? type_v4 : type_v6);
    EXPECT_EQ(error->code(), is_v4_ ? code_v4 : code_v6);
    const wire::Packet quoted = wire::parse_ip(error->payload()).packet;
    EXPECT_EQ(quoted.destination_endpoint(), remote);
    EXPECT_EQ(quoted.source, guest_);
  }
  void expect_port_unreachable(const Endpoint& remote) {
    expect_error(wire::icmp_v4::kDestinationUnreachable, wire::icmp_v4::kPortUnreachable,
                 wire::icmp_v6::kDestinationUnreachable, wire::icmp_v6::kPortUnreachable, remote);
  }

  const bool is_v4_ = GetParam().is_v4;
  const wire::IpAddress guest_ = ip(is_v4_ ? "10.0.2.100" : "fd00::100");
  const wire::IpAddress gateway_ = ip(is_v4_ ? "10.0.2.2" : "fd00::2");
  const wire::IpAddress loopback_ = is_v4_ ? wire::kLoopbackV4 : wire::kLoopbackV6;
  const wire::IpAddress any_ = is_v4_ ? wire::kAnyV4 : wire::kAnyV6;
  const size_t descriptors_before_ = test::open_descriptors();
  Links links_;
  std::optional<test::RelayBench<UdpRelay>> bench_;
};

INSTANTIATE_TEST_SUITE_P(UdpRelay, UdpRelayTest,
                         testing::Values(Variant{true, true}, Variant{true, false},
                                         Variant{false, true}, Variant{false, false}),
                         [](const auto& test) {
                           return std::string(test.param.is_v4 ? "IPv4" : "IPv6") +
                                  (test.param.has_offloads ? "" : "WithoutOffloads");
                         });

// Of the next datagram.
uint16_t sender_port(const HostSocket& host) {
  char ignored = 0;
  os::SocketAddress from;
  from.length = sizeof from.storage;
  base::check("receive", ::recvfrom(host.number(), &ignored, 1, 0, from.get(), &from.length));
  return from.to_endpoint().port;
}

TEST_P(UdpRelayTest, QuestionsAreAnswered) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  guest_sends("question", through_gateway(host));
  bench_->turns();
  host.answers([](const std::string& text) {
    EXPECT_EQ(text, "question");
    return std::string("answer");
  });
  const test::NotedFrame answer = bench_->next_frame();
  EXPECT_EQ(answer.packet().source_endpoint(), through_gateway(host));
  EXPECT_EQ(answer.packet().destination_endpoint(), (Endpoint{guest_, 5000}));
  EXPECT_EQ(answer.packet().ethernet.destination, test::kGuestMac);
}

// RFC 4787 REQ-1.
TEST_P(UdpRelayTest, TheMappingDoesNotDependOnThePeer) {
  const HostSocket one = HostSocket::bound(Transport::kUdp, loopback_);
  const HostSocket other = HostSocket::bound(Transport::kUdp, loopback_);
  guest_sends("a", through_gateway(one));
  guest_sends("b", through_gateway(other));
  guest_sends("c", through_gateway(one), 5001);
  bench_->turns();
  const uint16_t mapped = sender_port(one);
  EXPECT_EQ(sender_port(other), mapped);
  EXPECT_NE(sender_port(one), mapped);
  EXPECT_EQ(bench_->relay->flow_count(), 3U);
}

// RFC 4787 REQ-8.
TEST_P(UdpRelayTest, StrangersAreNotHeard) {
  const HostSocket friendly = HostSocket::bound(Transport::kUdp, loopback_);
  guest_sends("a", through_gateway(friendly));
  bench_->turns();
  const uint16_t mapped = sender_port(friendly);
  const HostSocket stranger = HostSocket::connected(Transport::kUdp, {loopback_, mapped});
  stranger.sends("let me in");
  EXPECT_TRUE(bench_->turns_until([&] { return bench_->counters.get(Counter::kUdpDropped) == 1; }));
  EXPECT_TRUE(bench_->sink.frames.empty());
}

TEST_P(UdpRelayTest, DatagramsOfAnySizePassBothWays) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  std::vector<size_t> sizes{0, 1, 1472, 1473, 9000, 65507};
  // The IPv6 header does not count in its packet's length.
  if (!is_v4_) sizes.insert(sizes.end(), {65508, 65527});
  for (const size_t size : sizes) {
    const std::string text(size, 'x');
    guest_sends(text, through_gateway(host));
    bench_->turns();
    host.answers([&](std::string got) {
      EXPECT_TRUE(got == text);
      return got;
    });
    EXPECT_EQ(payloads(1), std::vector{text}) << size;
  }
}

TEST_P(UdpRelayTest, RunsKeepSizesAndOrder) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  const std::vector<size_t> sizes{100, 100, 100, 40,   100,  100, 0, 100, 200, 200, 50,
                                  50,  50,  60,  1400, 1400, 7,   1, 1,   1,   0,   0};
  std::vector<std::string> sent;
  for (size_t i = 0; i < sizes.size(); ++i) {
    sent.emplace_back(sizes[i], static_cast<char>('a' + i));
    guest_sends(sent.back(), through_gateway(host));
    if (i % 3 == 0) guest_sends("other", through_gateway(host), 6000);
  }
  bench_->turns();
  std::vector<std::string> got;
  while (got.size() < sent.size()) {
    std::string text = host.receives();
    if (text != "other") got.push_back(std::move(text));
  }
  EXPECT_EQ(got, sent);
}

TEST_P(UdpRelayTest, MoreThanOneBatchKeepsTheOrder) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  for (int i = 0; i < 200; ++i) guest_sends(std::to_string(1000 + i), through_gateway(host));
  bench_->turns();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(host.receives(), std::to_string(1000 + i));
}

TEST_P(UdpRelayTest, RunsOfTheGuestsKernelAreTakenApart) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  const std::string run = std::string(1000, 'a') + std::string(1000, 'b') + std::string(10, 'c');
  test::Frame frame = test::udp_frame({guest_, 5000}, through_gateway(host), bytes(run));
  const size_t udp_offset =
      sizeof(wire::EthernetHeader) + wire::parse_frame(frame).packet.transport_offset;
  bench_->takes(std::move(frame), {.flags = wire::kVirtioNeedsChecksum,
                                   .gso_type = wire::kVirtioGsoUdpL4,
                                   .gso_size = 1000,
                                   .checksum_start = static_cast<uint16_t>(udp_offset),
                                   .checksum_offset = wire::kUdpChecksumOffset});
  bench_->turns();
  EXPECT_EQ(host.receives(), std::string(1000, 'a'));
  EXPECT_EQ(host.receives(), std::string(1000, 'b'));
  EXPECT_EQ(host.receives(), std::string(10, 'c'));
}

TEST_P(UdpRelayTest, BurstsOfTheHostKeepSizesAndOrder) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  guest_sends("hello", through_gateway(host));
  bench_->turns();
  os::SocketAddress to = os::SocketAddress::from({loopback_, sender_port(host)});
  base::check("connect", ::connect(host.number(), to.get(), to.length));
  std::vector<std::string> sent;
  for (int i = 0; i < 90; ++i) {
    sent.emplace_back(i % 9 == 0 ? 0 : i % 7 == 0 ? 1200 : 700, static_cast<char>('A' + i % 50));
    host.sends(sent.back());
  }
  EXPECT_EQ(payloads(sent.size()), sent);
}

TEST_P(UdpRelayTest, AClosedPortOfTheHostIsTold) {
  HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  const Endpoint remote = through_gateway(host);
  host.closes();
  guest_sends("anybody?", remote);
  expect_port_unreachable(remote);
  // Errors of the past do not keep others from being sent.
  const HostSocket other = HostSocket::bound(Transport::kUdp, loopback_);
  guest_sends("anybody?", remote);
  bench_->settle(base::now());
  guest_sends("you", through_gateway(other));
  bench_->turns();
  EXPECT_EQ(other.receives(), "you");
  expect_port_unreachable(remote);
}

// Runs in a network namespace without routes.
TEST_P(UdpRelayTest, AnUnreachableNetworkIsTold) {
  const Endpoint remote{ip(is_v4_ ? "192.0.2.1" : "2001:db8::1"), 53};
  const auto body = [&] {
    begin(default_relay_config());
    guest_sends("x", remote);
    expect_error(wire::icmp_v4::kDestinationUnreachable, wire::icmp_v4::kNetworkUnreachable,
                 wire::icmp_v6::kDestinationUnreachable, wire::icmp_v6::kNoRoute, remote);
    return HasFailure() ? 1 : 0;
  };
  try {
    EXPECT_EQ(os::Child::start(body, CLONE_NEWUSER | CLONE_NEWNET).wait().status(), 0);
  } catch (const base::SystemError& error) {
    GTEST_SKIP() << "no network namespace of its own: " << error.what();
  }
}

// Runs in a network namespace whose loopback takes packets of 1300 bytes.
TEST_P(UdpRelayTest, APathThatIsTooNarrowIsTold) {
  const auto body = [&] {
    begin(default_relay_config());
    os::Netlink netlink;
    netlink.set_mtu(netlink.interface_index("lo"), 1300);
    netlink.set_up(netlink.interface_index("lo"));
    const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
    const HostSocket client =
        HostSocket::connected(Transport::kUdp, {loopback_, publish(53, any_).port});
    client.sends("question");
    const Endpoint shown = bench_->next_frame().packet().source_endpoint();
    const auto expect_too_big = [&](const Endpoint& remote) {
      EXPECT_EQ(bench_->sink.frames.size(), 1U);
      expect_error(wire::icmp_v4::kDestinationUnreachable, wire::icmp_v4::kFragmentationNeeded,
                   wire::icmp_v6::kPacketTooBig, 0, remote);
    };
    guest_sends_unfragmented(std::string(1400, 'x'), through_gateway(host), 5000);
    bench_->settle(base::now());
    expect_too_big(through_gateway(host));
    guest_sends_unfragmented(std::string(1400, 'x'), shown, 53);
    bench_->settle(base::now());
    expect_too_big(shown);
    // Runs of what fits go on, and what may be fragmented is.
    for (int i = 0; i < 3; ++i) {
      guest_sends_unfragmented(std::string(1200, 'y'), through_gateway(host), 5000);
    }
    guest_sends(std::string(9000, 'z'), through_gateway(host));
    bench_->turns();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(host.receives(), std::string(1200, 'y'));
    EXPECT_EQ(host.receives(), std::string(9000, 'z'));
    return HasFailure() ? 1 : 0;
  };
  try {
    EXPECT_EQ(os::Child::start(body, CLONE_NEWUSER | CLONE_NEWNET).wait().status(), 0);
  } catch (const base::SystemError& error) {
    GTEST_SKIP() << "no network namespace of its own: " << error.what();
  }
}

TEST_P(UdpRelayTest, MappingsExpireFiveMinutesAfterTheLastDatagram) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  const base::Time now = base::now();
  guest_sends("old", through_gateway(host), 5000, now - 6min);
  guest_sends("kept alive", through_gateway(host), 5001, now - 6min);
  guest_sends("young", through_gateway(host), 5002, now - 4min);
  guest_sends("kept alive", through_gateway(host), 5001, now - 1min);
  EXPECT_EQ(bench_->relay->flow_count(), 3U);
  const size_t descriptors = test::open_descriptors();
  EXPECT_TRUE(bench_->turns_until([&] { return bench_->relay->flow_count() == 2; }));
  EXPECT_EQ(test::open_descriptors(), descriptors - 1);
  EXPECT_EQ(bench_->counters.get(Counter::kUdpFlowsExpired), 1U);
  bench_->turns();
  EXPECT_EQ(bench_->relay->flow_count(), 2U);
}

TEST_P(UdpRelayTest, AFullTableGivesUpTheOldestButNoYoungOne) {
  UdpRelayConfig config = default_relay_config();
  config.max_flows = 2;
  begin(config);
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  const base::Time now = base::now();
  guest_sends("1", through_gateway(host), 5001, now - 3min);
  guest_sends("2", through_gateway(host), 5002, now - 1min);
  guest_sends("3", through_gateway(host), 5003, now);
  EXPECT_EQ(bench_->relay->flow_count(), 2U);
  guest_sends("4", through_gateway(host), 5004, now);
  EXPECT_EQ(bench_->counters.get(Counter::kUdpFlowsRefused), 1U);
  bench_->turns();
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(host.receives(), text);
}

TEST_P(UdpRelayTest, TenThousandAssociationsAreBounded) {
  constexpr size_t kMost = 10'000;
  UdpRelayConfig config = default_relay_config();
  config.max_flows = kMost;
  begin(config);
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  for (size_t i = 0; i < kMost + 500; ++i) {
    guest_sends("x", through_gateway(host), static_cast<uint16_t>(10'000 + i));
    bench_->settle(base::now());
  }
  EXPECT_EQ(bench_->relay->flow_count(), kMost);
  EXPECT_EQ(bench_->counters.get(Counter::kUdpFlowsRefused), 500U);
  EXPECT_LE(test::open_descriptors(), descriptors_before_ + kMost + 8);
}

TEST_P(UdpRelayTest, WithoutDescriptorsNewOnesAreRefusedAndOthersGoOn) {
  const HostSocket host = HostSocket::bound(Transport::kUdp, loopback_);
  guest_sends("first", through_gateway(host));
  bench_->turns();
  EXPECT_EQ(host.receives(), "first");
  {
    const test::NoDescriptors lack;
    guest_sends("second", through_gateway(host), 5001);
    EXPECT_EQ(bench_->counters.get(Counter::kUdpFlowsRefused), 1U);
    guest_sends("third", through_gateway(host));
    bench_->turns();
  }
  EXPECT_EQ(host.receives(), "third");
}

// --- published ports ---

TEST_P(UdpRelayTest, ClientsOfAPublishedPortAreToldApart) {
  const Endpoint port = publish(53, any_);
  const Endpoint at{loopback_, port.port};
  const HostSocket one = HostSocket::connected(Transport::kUdp, at);
  const HostSocket other = HostSocket::connected(Transport::kUdp, at);
  one.sends("one");
  other.sends("other");
  for (int i = 0; i < 2; ++i) {
    const test::NotedFrame question = bench_->next_frame();
    const wire::Packet packet = question.packet();
    EXPECT_EQ(packet.destination_endpoint(), (Endpoint{guest_, 53}));
    EXPECT_EQ(packet.source, gateway_);
    const base::Bytes payload = wire::UdpView::parse(packet.transport)->payload();
    const bool is_one = payload.size() == 3;
    EXPECT_EQ(packet.source_port, (is_one ? one : other).port());
    bench_->takes(test::udp_frame({guest_, 53}, packet.source_endpoint(),
                                  bytes(is_one ? "for one" : "for the other")));
    bench_->turns();
  }
  // From the address that they asked: connected sockets hear nobody else.
  EXPECT_EQ(one.receives(), "for one");
  EXPECT_EQ(other.receives(), "for the other");
  EXPECT_EQ(bench_->relay->flow_count(), 2U);
}

TEST_P(UdpRelayTest, OneClientOfTwoPortsIsAnsweredByBoth) {
  const Endpoint a = publish(53, loopback_);
  const Endpoint b = publish(53, loopback_);
  const HostSocket client = HostSocket::bound(Transport::kUdp, loopback_);
  std::vector<Endpoint> shown;
  for (const Endpoint& port : {a, b}) {
    os::SocketAddress to = os::SocketAddress::from(port);
    base::check("send", ::sendto(client.number(), "x", 1, 0, to.get(), to.length));
    shown.push_back(bench_->next_frame().packet().source_endpoint());
  }
  EXPECT_NE(shown[0], shown[1]);
  for (const auto& [index, port] : {std::pair{0, a}, std::pair{1, b}}) {
    bench_->takes(test::udp_frame({guest_, 53}, shown[static_cast<size_t>(index)], bytes("y")));
    bench_->turns();
    EXPECT_EQ(sender_port(client), port.port);
  }
}

// The client's address is known from the error, the one that it had asked too.
TEST_P(UdpRelayTest, AClientThatHasLeftIsTold) {
  for (const wire::IpAddress& host : {any_, loopback_}) {
    const Endpoint port = publish(53, host);
    HostSocket client = HostSocket::connected(Transport::kUdp, {loopback_, port.port});
    client.sends("question");
    const Endpoint shown = bench_->next_frame().packet().source_endpoint();
    client.closes();
    bench_->takes(test::udp_frame({guest_, 53}, shown, bytes("too late")));
    expect_port_unreachable(shown);
  }
}

TEST_P(UdpRelayTest, APortThatIsClosedForgetsItsClients) {
  const Endpoint port = publish(53, loopback_);
  const HostSocket client = HostSocket::connected(Transport::kUdp, port);
  client.sends("question");
  const Endpoint shown = bench_->next_frame().packet().source_endpoint();
  bench_->takes(test::udp_frame({guest_, 53}, shown, bytes("on its way")));
  EXPECT_TRUE(bench_->relay->close_port(port));
  EXPECT_EQ(client.receives(), "on its way");
  EXPECT_FALSE(bench_->relay->close_port(port));
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

}  // namespace
}  // namespace nsrun::dataplane
