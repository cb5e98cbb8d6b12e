// SPDX-License-Identifier: Apache-2.0
//
// Clients of a published port.
#include "dataplane/tcp_port.hh"

#include "tcp_relay_fixture.hh"

namespace nsrun::dataplane {
namespace {

class TcpPortTest : public TcpRelayTest {
 protected:
  TcpPortTest() {
    os::OpenedListener opened = os::listen_on({loopback_, 0});
    host_ = os::local_endpoint(opened.socket);
    port_.emplace(bench_->loop, *bench_->relay, nullptr, std::move(opened.socket), host_,
                  Endpoint{guest_, 80});
  }

  // The connection that the next frame opens.
  GuestEnd next_client() {
    const test::NotedFrame syn = bench_->next_frame();
    GuestEnd guest(*bench_, syn.packet().destination_endpoint(), syn.packet().source_endpoint());
    shown_.push_back(syn.packet().source_endpoint());
    guest.hears(syn);
    return guest;
  }

  Endpoint host_;
  std::optional<TcpPort> port_;
  std::vector<Endpoint> shown_;
};

INSTANTIATE_TEST_SUITE_P(TcpPort, TcpPortTest,
                         testing::Values(Variant{true, true}, Variant{false, false}),
                         [](const auto& test) { return test.param.is_v4 ? "IPv4" : "IPv6"; });

TEST_P(TcpPortTest, ALocalClientAppearsAsTheGatewayUnderItsPort) {
  const HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  write_now(client, "sent before the guest has answered");
  GuestEnd guest = next_client();
  EXPECT_EQ(shown_.front(), (Endpoint{gateway_, client.port()}));
  listen(guest);
  EXPECT_TRUE(
      bench_->turns_until([&] { return guest.received == "sent before the guest has answered"; }));
  guest_sends(guest, client, "answer");
}

TEST_P(TcpPortTest, TwoClientsOfOneNameGetTwoPorts) {
  const HostSocket first = HostSocket::connected(Transport::kTcp, host_);
  next_client();
  // Another host's, behind the same name: link-local ones, for example.
  const HostSocket second = HostSocket::connected(Transport::kTcp, {loopback_, listener_->port()});
  base::Fd client = base::duplicate(base::FdView(listener_->accepts().number()));
  bench_->relay->open_to_guest(std::move(client),
                               {Transport::kTcp, {guest_, 80}, {gateway_, first.port()}});
  next_client();
  EXPECT_EQ(shown_[0].address, shown_[1].address);
  EXPECT_NE(shown_[0].port, shown_[1].port);
  EXPECT_EQ(bench_->relay->flow_count(), 2U);
}

TEST_P(TcpPortTest, APassedListenerThatItsOwnerKeepsIsLeftAloneAfterwards) {
  os::OpenedListener opened = os::listen_on({loopback_, 0});
  const Endpoint host = os::local_endpoint(opened.socket);
  const base::Fd owners = base::duplicate(opened.socket);
  port_.emplace(bench_->loop, *bench_->relay, nullptr, std::move(opened.socket), host,
                Endpoint{guest_, 80});
  port_.reset();
  const HostSocket client = HostSocket::connected(Transport::kTcp, host);
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

TEST_P(TcpPortTest, ARefusalInTheGuestResetsTheClient) {
  const HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  const test::NotedFrame syn = bench_->next_frame();
  const auto segment = wire::TcpView::parse(syn.packet().transport);
  wire::TcpFields refusal;
  refusal.flags = wire::kTcpRst | wire::kTcpAck;
  refusal.acknowledgment = segment->sequence() + 1;
  bench_->takes(test::tcp_frame(syn.packet().destination_endpoint(), syn.packet().source_endpoint(),
                                refusal));
  EXPECT_TRUE(bench_->turns_until([&] { return end_of(client) == -ECONNRESET; }));
}

// Where nobody knows at first where the guest is, the switch asks.
TEST_P(TcpPortTest, TheSynIsRepeatedToTheGuestThatHasBeenFoundSince) {
  links_.guest_mac = wire::kBroadcastMac;
  const HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  EXPECT_EQ(bench_->next_frame().packet().ethernet.destination, wire::kBroadcastMac);
  links_.guest_mac = test::kGuestMac;
  const test::NotedFrame again = bench_->next_frame();
  EXPECT_EQ(again.packet().ethernet.destination, test::kGuestMac);
  EXPECT_TRUE(wire::TcpView::parse(again.packet().transport)->has(wire::kTcpSyn));
}

// Behind a bridge, say, where the last frame came from somebody else.
TEST_P(TcpPortTest, TheSynIsRepeatedToTheGuestThatLivesElsewhere) {
  links_.guest_mac = test::kOtherMac;
  const HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  EXPECT_EQ(bench_->next_frame().packet().ethernet.destination, test::kOtherMac);
  links_.guest_mac = test::kGuestMac;
  EXPECT_EQ(bench_->next_frame().packet().ethernet.destination, test::kGuestMac);
}

TEST_P(TcpPortTest, AClientThatLeavesEarlyLeavesNothing) {
  HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  bench_->next_frame();
  close_with_reset(client);
  EXPECT_TRUE(bench_->turns_until([&] { return bench_->relay->flow_count() == 0; }));
}

TEST_P(TcpPortTest, ClientsWaitWhileDescriptorsLack) {
  const HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  {
    const test::NoDescriptors lack;
    for (int i = 0; i < 10; ++i) bench_->turns();
  }
  EXPECT_TRUE(bench_->sink.frames.empty());
  next_client();
}

// The clients that are connected stay.
TEST_P(TcpPortTest, APortThatIsClosedRefuses) {
  const HostSocket client = HostSocket::connected(Transport::kTcp, host_);
  GuestEnd guest = next_client();
  listen(guest);
  bench_->turns_until_quiet();
  port_.reset();
  EXPECT_THROW(HostSocket::connected(Transport::kTcp, host_), base::SystemError);
  guest_sends(guest, client, "still here");
}

}  // namespace
}  // namespace nsrun::dataplane
