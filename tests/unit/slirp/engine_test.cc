// SPDX-License-Identifier: Apache-2.0
#include "slirp/engine.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.hh"
#include "support/frames.hh"
#include "support/host_socket.hh"

namespace nsrun::slirp {
namespace {

using test::Frame;
using test::HostSocket;
using test::ip;
using wire::Transport;

StackConfig default_config() {
  StackConfig config;
  config.v4 = wire::Prefix::parse("10.0.2.0/24").value();
  config.gateway_v4 = ip("10.0.2.2");
  config.dns_v4 = ip("10.0.2.3");
  config.dhcp_start_v4 = ip("10.0.2.15");
  config.has_v6 = true;
  config.v6 = wire::Prefix::parse("fd00::/64").value();
  config.gateway_v6 = ip("fd00::2");
  config.dns_v6 = ip("fd00::3");
  return config;
}

class EngineTest : public testing::Test, protected StackOutput {
 protected:
  void send_from_stack(base::Bytes frame) noexcept override {
    sent_.emplace_back(frame.begin(), frame.end());
  }

  // What the data plane does in each wake-up.
  void settles() { engine_.settle(loop_.now()); }
  void wakes_up() {
    loop_.run_once(base::now() + std::chrono::seconds(5));
    settles();
  }
  // The next TCP segment to the guest, over as many wake-ups as it takes.
  std::optional<Frame> next_segment() {
    for (int attempt = 0; attempt < 50; ++attempt) {
      while (!sent_.empty()) {
        const Frame frame = sent_.front();
        sent_.erase(sent_.begin());
        if (wire::parse_frame(frame).packet.protocol == wire::kProtocolTcp) return frame;
        answer_arp(frame);
      }
      wakes_up();
    }
    ADD_FAILURE() << "no segment has come";
    return std::nullopt;
  }
  void answer_arp(const Frame& frame) {
    if (wire::parse_frame(frame).status != wire::ParseStatus::kArp) return;
    const auto request =
        wire::ArpView::parse(base::Bytes(frame).subspan(sizeof(wire::EthernetHeader)));
    if (request->operation() != wire::kArpRequest) return;
    engine_.input(test::arp_reply(*request));
    settles();
  }

  loop::Loop loop_;
  std::vector<Frame> sent_;
  Engine engine_{loop_, default_config(), *this};
};

TEST_F(EngineTest, AnswersArp) {
  engine_.input(test::arp_request(ip("10.0.2.100"), ip("10.0.2.2")));
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_EQ(wire::parse_frame(sent_[0]).status, wire::ParseStatus::kArp);
}

TEST_F(EngineTest, KnowsNobodyElse) {
  engine_.input(test::arp_request(ip("10.0.2.100"), ip("10.0.2.77")));
  EXPECT_TRUE(sent_.empty());
}

TEST_F(EngineTest, AdvertisesItselfToWhoAsksForARouter) {
  Frame message(8);
  message[0] = std::byte{wire::icmp_v6::kRouterSolicitation};
  wire::set_transport_checksum(message, wire::kIcmpChecksumOffset, ip("fe80::64"), ip("ff02::2"),
                               wire::kProtocolIcmpV6);
  Frame frame = test::ip_frame(ip("fe80::64"), ip("ff02::2"), wire::kProtocolIcmpV6, message);
  frame[sizeof(wire::EthernetHeader) + 7] = std::byte{255};  // hop limit
  engine_.input(frame);
  ASSERT_EQ(sent_.size(), 1U);
  const wire::Packet packet = wire::parse_frame(sent_[0]).packet;
  EXPECT_EQ(wire::IcmpView::parse(packet.transport)->type(), wire::icmp_v6::kRouterAdvertisement);
}

TEST_F(EngineTest, ConnectsToTheHostsLoopback) {
  const HostSocket listener = HostSocket::bound(Transport::kTcp);
  engine_.input(test::syn_frame({ip("10.0.2.100"), 4000}, {ip("10.0.2.2"), listener.port()}));
  settles();
  const auto answer = next_segment();
  ASSERT_TRUE(answer);
  const auto segment = wire::TcpView::parse(wire::parse_frame(*answer).packet.transport);
  EXPECT_EQ(segment->flags(), wire::kTcpSyn | wire::kTcpAck);
}

// libslirp's clock stands still between polls; at first it stands at zero.
TEST_F(EngineTest, ASocketIsNotBornExpired) {
  const HostSocket server = HostSocket::bound(Transport::kUdp);
  loop_.run_once(base::now());
  engine_.input(test::udp_frame({ip("10.0.2.100"), 4000}, {ip("10.0.2.2"), server.port()},
                                test::bytes("question")));
  settles();
  server.answers([](const std::string&) { return "answer"; });
  for (int attempt = 0; attempt < 50 && sent_.empty(); ++attempt) wakes_up();
  ASSERT_FALSE(sent_.empty());
}

TEST_F(EngineTest, AcceptsClientsOfAPublishedPort) {
  const uint16_t port = HostSocket::bound(Transport::kTcp).port();
  const wire::Endpoint host{wire::kLoopbackV4, port};
  ASSERT_FALSE(engine_.add_forward(Transport::kTcp, host, {ip("10.0.2.100"), 80}));
  const HostSocket client = HostSocket::connected(Transport::kTcp, host);
  const auto syn = next_segment();
  ASSERT_TRUE(syn);
  EXPECT_EQ(wire::parse_frame(*syn).packet.destination_endpoint(),
            (wire::Endpoint{ip("10.0.2.100"), 80}));
}

TEST_F(EngineTest, SaysWhyAPortCannotBePublished) {
  for (const Transport transport : {Transport::kTcp, Transport::kUdp}) {
    const HostSocket holder = HostSocket::bound(transport);
    const auto error =
        engine_.add_forward(transport, {wire::kLoopbackV4, holder.port()}, {ip("10.0.2.100"), 80});
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message, "Address already in use");
  }
}

TEST_F(EngineTest, RemovesAForwardOnce) {
  const wire::Endpoint host{wire::kLoopbackV4, HostSocket::bound(Transport::kTcp).port()};
  ASSERT_FALSE(engine_.add_forward(Transport::kTcp, host, {ip("10.0.2.100"), 80}));
  EXPECT_TRUE(engine_.remove_forward(Transport::kTcp, host));
  EXPECT_FALSE(engine_.remove_forward(Transport::kTcp, host));
  EXPECT_FALSE(engine_.add_forward(Transport::kTcp, host, {ip("10.0.2.100"), 80}));
}

TEST(Engine, RefusesAnMtuThatLibslirpCannotHave) {
  class Nobody final : public StackOutput {
    void send_from_stack(base::Bytes) noexcept override {}
  } nobody;
  loop::Loop loop;
  StackConfig config = default_config();
  config.packet_bytes = kLargestPacket;
  { const Engine engine(loop, config, nobody); }
  config.packet_bytes = kLargestPacket + 1;
  EXPECT_THROW(Engine(loop, config, nobody), base::Failure);
}

TEST(Engine, KnowsItsVersion) { EXPECT_EQ(Engine::version().substr(0, 2), "4."); }

}  // namespace
}  // namespace nsrun::slirp
