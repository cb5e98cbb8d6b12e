// SPDX-License-Identifier: Apache-2.0
//
// Datagrams between the guest and sockets on the host's loopback, through the relay alone: sizes,
// order and numbers. Who hears whom, for how long, and what of errors: tests/scenario/udp.
#include "dataplane/udp_relay.hh"

#include "os/socket_address.hh"
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

  void guest_sends(std::string_view text, const Endpoint& to, uint16_t from = 5000) {
    bench_->takes(test::udp_frame({guest_, from}, to, bytes(text)));
  }
  Endpoint through_gateway(const HostSocket& host) { return {gateway_, host.port()}; }

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
  const bool is_v4_ = GetParam().is_v4;
  const wire::IpAddress guest_ = ip(is_v4_ ? "10.0.2.100" : "fd00::100");
  const wire::IpAddress gateway_ = ip(is_v4_ ? "10.0.2.2" : "fd00::2");
  const wire::IpAddress loopback_ = is_v4_ ? wire::kLoopbackV4 : wire::kLoopbackV6;
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

// Who shares it with the helper (--listen-fd).
TEST_P(UdpRelayTest, APortWhoseSocketOthersShutDownIsClosed) {
  for (const int how : {SHUT_RD, SHUT_RDWR}) {
    const HostSocket others = HostSocket::bound(Transport::kUdp, loopback_);
    const Endpoint port{loopback_, others.port()};
    bench_->relay->serve_port(base::duplicate(base::FdView(others.number())), port, {guest_, 53},
                              {});
    shutdown(others.number(), how);  // ENOTCONN, and yet it is
    testing::internal::CaptureStderr();
    for (int i = 0; i < 10; ++i) bench_->turns();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
    EXPECT_NE(log.find("is closed"), std::string::npos) << log;
  }
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

// In the middle of a batch.
TEST_P(UdpRelayTest, AClosingPortSendsWhatItStillHas) {
  const Endpoint port{loopback_, HostSocket::bound(Transport::kUdp, loopback_).port()};
  EXPECT_EQ(bench_->relay->open_port(port, {guest_, 53}), std::nullopt);
  const HostSocket client = HostSocket::connected(Transport::kUdp, port);
  client.sends("question");
  guest_sends("answer", bench_->next_frame().packet().source_endpoint(), 53);
  EXPECT_TRUE(bench_->relay->close_port(port));
  EXPECT_EQ(client.receives(), "answer");
  EXPECT_FALSE(bench_->relay->close_port(port));
}

}  // namespace
}  // namespace nsrun::dataplane
