// SPDX-License-Identifier: Apache-2.0
//
// What a running data plane says of its flows.
#include "dataplane/flow_page.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/guest_tcp.hh"
#include "support/host_socket.hh"
#include "support/running_data_plane.hh"

namespace nsrun::dataplane {
namespace {

using test::bytes;
using test::GuestTcp;
using test::HostSocket;
using test::kGatewayV4;
using test::kGuestV4;
using test::RunningDataPlane;
using wire::Endpoint;
using wire::FlowKind;
using wire::FlowReport;
using wire::Transport;

Config open_config() {
  Config config = test::default_config();
  config.egress.allow_host_loopback = true;
  return config;
}

std::vector<FlowReport> all_flows(RunningDataPlane& plane) {
  std::vector<FlowReport> flows;
  int pages = 0;
  for (std::optional<uint32_t> from = 0; from; ++pages) {
    EXPECT_LT(pages, 100);
    const wire::FlowPage page = plane.ask([&](auto& its) { return its.flows(*from); });
    flows.insert(flows.end(), page.flows.begin(), page.flows.end());
    from = page.next;
  }
  return flows;
}

FlowReport only_flow(RunningDataPlane& plane) {
  const std::vector<FlowReport> flows = all_flows(plane);
  EXPECT_EQ(flows.size(), 1U);
  return flows.empty() ? FlowReport{} : flows.front();
}

TEST(FlowPage, NothingIsRelayedYet) {
  RunningDataPlane plane;
  EXPECT_TRUE(all_flows(plane).empty());
  EXPECT_FALSE(plane.ask([](auto& its) { return its.flows(UINT32_MAX).next.has_value(); }));
}

TEST(FlowPage, AConnectionOfTheGuestCountsWhatPassed) {
  const HostSocket listener = HostSocket::bound(Transport::kTcp);
  RunningDataPlane plane(open_config());
  const Endpoint guest{kGuestV4, 40000};
  const Endpoint remote{kGatewayV4, listener.port()};
  GuestTcp connection(plane.guest, guest, remote);
  connection.connects();
  const HostSocket server = listener.accepts();
  connection.sends(bytes("fourteen bytes"));
  EXPECT_EQ(server.receives(), "fourteen bytes");
  server.sends("seven b");
  EXPECT_EQ(connection.receives(), "seven b");
  const FlowReport flow = only_flow(plane);
  EXPECT_EQ(flow.kind, FlowKind::kTcp);
  EXPECT_FALSE(flow.is_published);
  EXPECT_EQ(flow.guest, guest);
  EXPECT_EQ(flow.remote, remote);
  EXPECT_EQ(flow.state, "ESTABLISHED");
  EXPECT_EQ(flow.bytes_to_host, 14U);
  EXPECT_EQ(flow.bytes_to_guest, 7U);
  EXPECT_GT(flow.age, base::Duration::zero());
  EXPECT_GT(flow.host_round_trip, base::Duration::zero());
  EXPECT_LT(flow.host_round_trip, std::chrono::seconds(60));
  EXPECT_GT(flow.guest_round_trip, base::Duration::zero());
  connection.resets();
  plane.has_sent_nothing_else();
  EXPECT_TRUE(all_flows(plane).empty());
}

TEST(FlowPage, AClientOfAPublishedPortIsOne) {
  RunningDataPlane plane;
  const uint16_t port = HostSocket::bound(Transport::kTcp).port();
  ASSERT_TRUE(plane.add_forward({Transport::kTcp, {wire::kLoopbackV4, port}, {kGuestV4, 80}}));
  const HostSocket client = HostSocket::connected(Transport::kTcp, {wire::kLoopbackV4, port});
  GuestTcp::accepts(plane.guest);
  const FlowReport flow = only_flow(plane);
  EXPECT_TRUE(flow.is_published);
  EXPECT_EQ(flow.guest, (Endpoint{kGuestV4, 80}));
  EXPECT_EQ(flow.remote.address, kGatewayV4);
}

TEST(FlowPage, AnAssociationCountsItsDatagrams) {
  const HostSocket host = HostSocket::bound(Transport::kUdp);
  RunningDataPlane plane(open_config());
  plane.guest.sends(
      test::udp_frame({kGuestV4, 5000}, {kGatewayV4, host.port()}, bytes("question")));
  host.answers([](const std::string&) { return "an answer"; });
  plane.guest.receives_traffic();
  const FlowReport flow = only_flow(plane);
  EXPECT_EQ(flow.kind, FlowKind::kUdp);
  EXPECT_EQ(flow.guest, (Endpoint{kGuestV4, 5000}));
  EXPECT_EQ(flow.state, "");
  EXPECT_EQ(flow.bytes_to_host, 8U);
  EXPECT_EQ(flow.bytes_to_guest, 9U);
}

// Of the tables' slots a page takes a few hundred.
TEST(FlowPage, ManyAssociationsAreOnManyPagesEachOnOne) {
  constexpr uint16_t kCount = 2000;
  const HostSocket host = HostSocket::bound(Transport::kUdp);
  RunningDataPlane plane(open_config());
  for (uint16_t i = 0; i < kCount; ++i) {
    plane.guest.sends(test::udp_frame({kGuestV4, static_cast<uint16_t>(10'000 + i)},
                                      {kGatewayV4, host.port()}, bytes("x")));
    if (i % 100 == 0) plane.has_sent_nothing_else();
  }
  plane.has_sent_nothing_else();
  std::vector<uint16_t> ports;
  for (const FlowReport& flow : all_flows(plane)) ports.push_back(flow.guest.port);
  std::ranges::sort(ports);
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  EXPECT_EQ(ports.size(), size_t{kCount});
  EXPECT_LT(plane.ask([](auto& its) { return its.flows(1U << 28).flows.size(); }), 500U);
}

}  // namespace
}  // namespace nsrun::dataplane
