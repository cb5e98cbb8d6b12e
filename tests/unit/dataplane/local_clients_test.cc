// SPDX-License-Identifier: Apache-2.0
//
// Clients that are joined to the guest past the TAP. The test is the process inside, and hands out
// sockets of its own network; 127.0.0.77 stands for the guest, 127.0.0.66 for its gateway.
#include "dataplane/local_clients.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "os/fd_passing.hh"
#include "tcp_relay_fixture.hh"

namespace nsrun::dataplane {
namespace {

const wire::IpAddress kGuest = *wire::IpAddress::parse("127.0.0.77");
const wire::IpAddress kGateway = *wire::IpAddress::parse("127.0.0.66");

class LocalClientsTest : public TcpRelayTest {
 protected:
  LocalClientsTest() {
    auto [ours, theirs] = os::make_seqpacket_pair();
    inside_ = std::move(theirs);
    client_of_inside_.connect(std::move(ours));
    bench_->relay->set_other_names([this](const wire::FlowKey& key) { return spliced_.has(key); });
  }

  // The guest's server, and a port of the gateway that is free.
  const HostSocket server_ = HostSocket::bound(Transport::kTcp, kGuest);
  wire::FlowKey name_{Transport::kTcp, {kGuest, server_.port()}, {kGateway, 0}};

  HostSocket new_client() {
    HostSocket client = HostSocket::connected(Transport::kTcp, {loopback_, listener_->port()});
    base::Fd accepted = base::duplicate(base::FdView(listener_->accepts().number()));
    os::set_non_blocking(accepted);
    if (name_.remote.port == 0) name_.remote.port = client.port();
    clients_.serve(std::move(accepted), name_, Refusal::kIsPassedOn);
    return client;
  }
  // Answers requests with a socket, or with an error.
  template <typename Done>
  bool turns_until(Done done, int error = 0) {
    return bench_->turns_until([&] {
      pollfd entry{inside_.number(), POLLIN, 0};
      if (poll(&entry, 1, 0) > 0 && os::receive_message(inside_)) {
        const base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        const base::FdView passed[] = {socket};
        os::send_message(inside_, base::bytes_of(int32_t{error}),
                         error == 0 ? std::span(passed) : std::span<const base::FdView>());
      }
      spliced_.settle();
      return done();
    });
  }
  bool has_syn_at_tap(int error = 0) {
    bool has_syn = false;
    bench_->on_frame = [&](const test::NotedFrame& frame) {
      has_syn |= frame.packet().destination_endpoint() == name_.guest &&
                 frame.packet().source_endpoint().address == kGateway;
    };
    const bool result = turns_until([&] { return has_syn; }, error);
    bench_->on_frame = {};
    return result;
  }

  base::Fd inside_;
  InsideClient client_of_inside_{bench_->loop};
  SpliceRelay spliced_{bench_->loop};
  LocalClients clients_{client_of_inside_, spliced_, *bench_->relay};
};

INSTANTIATE_TEST_SUITE_P(LocalClients, LocalClientsTest, testing::Values(Variant{true, true}),
                         [](const auto&) { return "IPv4"; });

TEST_P(LocalClientsTest, TheServerSeesTheGatewayAndTheClientsPort) {
  const HostSocket client = new_client();
  ASSERT_TRUE(turns_until([&] { return spliced_.has(name_); }));
  sockaddr_in peer{};
  socklen_t length = sizeof peer;
  const base::Fd accepted(accept(server_.number(), reinterpret_cast<sockaddr*>(&peer), &length));
  EXPECT_EQ(ntohl(peer.sin_addr.s_addr), kGateway.v4_value());
  EXPECT_EQ(ntohs(peer.sin_port), client.port());
  write_now(client, "hello");
  std::string heard(5, '\0');
  EXPECT_TRUE(turns_until(
      [&] { return recv(accepted.number(), heard.data(), heard.size(), MSG_DONTWAIT) == 5; }));
  EXPECT_EQ(heard, "hello");
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

TEST_P(LocalClientsTest, WhoseNameIsTakenGetsAnotherPort) {
  const HostSocket first = new_client();
  ASSERT_TRUE(turns_until([&] { return spliced_.pair_count() == 1; }));
  const HostSocket second = new_client();
  ASSERT_TRUE(turns_until([&] { return spliced_.pair_count() == 2; }));
  std::vector<wire::FlowReport> reports;
  spliced_.report_some(0, 256, base::now(), reports);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_NE(reports[0].remote.port, reports[1].remote.port);
  EXPECT_EQ(reports[0].remote.address, reports[1].remote.address);
}

TEST_P(LocalClientsTest, WhereTheGuestRefusesTheTapDecides) {
  shutdown(server_.number(), SHUT_RDWR);  // keeps the port, listens no longer
  const HostSocket client = new_client();
  EXPECT_TRUE(has_syn_at_tap());
}

TEST_P(LocalClientsTest, WithoutSuchSocketsTheTapTakesThem) {
  const HostSocket client = new_client();
  EXPECT_TRUE(has_syn_at_tap(EPERM));
}

TEST_P(LocalClientsTest, WithoutAProcessInsideTheTapTakesThem) {
  inside_.close();
  const HostSocket client = new_client();
  EXPECT_TRUE(has_syn_at_tap());
}

}  // namespace
}  // namespace nsrun::dataplane
