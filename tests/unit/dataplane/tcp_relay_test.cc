// SPDX-License-Identifier: Apache-2.0
//
// TCP flows between a scripted guest and sockets on the host's loopback.
#include "dataplane/tcp_relay.hh"

#include <sched.h>

#include "os/process.hh"
#include "tcp_relay_fixture.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(TcpRelay, TcpRelayTest,
                         testing::Values(Variant{true, true}, Variant{true, false},
                                         Variant{false, true}, Variant{false, false}),
                         [](const auto& test) {
                           return std::string(test.param.is_v4 ? "IPv4" : "IPv6") +
                                  (test.param.has_offloads ? "" : "WithoutOffloads");
                         });

// --- opening ---

TEST_P(TcpRelayTest, TheGuestIsAcceptedWhenTheHostIs) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest_sends(guest, host, "question");
  host_sends(guest, host, "answer");
  EXPECT_EQ(bench_->counters.get(Counter::kTcpFlowsOpened), 1U);
}

// One edge reports the connection, the bytes and the end of the stream.
TEST_P(TcpRelayTest, WhatComesWithTheConnectionIsNotLost) {
  GuestEnd guest = guest_end();
  listen(guest);
  guest.connects();
  HostSocket host = listener_->accepts();
  host.sends("banner");
  host.closes();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.peer_finished; }));
  EXPECT_EQ(guest.received, "banner");
}

TEST_P(TcpRelayTest, AClosedPortIsRefused) {
  GuestEnd guest = guest_end();
  listen(guest);
  listener_->closes();
  guest.connects();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.is_reset; }));
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

// Runs in a network namespace without routes.
void expect_unreachable(test::TcpBench& bench, const Endpoint& guest, const Endpoint& remote,
                        const wire::IpAddress& gateway) {
  bench.takes(test::syn_frame(guest, remote));
  ASSERT_EQ(bench.sink.frames.size(), 1U);
  const test::NotedFrame frame = bench.sink.frames.front();
  const wire::Packet packet = frame.packet();
  EXPECT_EQ(packet.source, gateway);
  EXPECT_EQ(packet.destination, guest.address);
  const auto error = wire::IcmpView::parse(packet.transport);
  const bool is_v4 = packet.is_v4;
  EXPECT_EQ(error->type(), is_v4 ? wire::icmp_v4::kDestinationUnreachable
                                 : wire::icmp_v6::kDestinationUnreachable);
  EXPECT_EQ(error->code(), is_v4 ? wire::icmp_v4::kNetworkUnreachable : wire::icmp_v6::kNoRoute);
  const wire::Packet quoted = wire::parse_ip(error->payload()).packet;
  EXPECT_EQ(quoted.source_endpoint(), guest);
  EXPECT_EQ(quoted.destination_endpoint(), remote);
  EXPECT_EQ(wire::TcpView::parse(quoted.transport)->sequence().value(), 1000U);
}

TEST_P(TcpRelayTest, AnUnreachableNetworkIsToldAtOnce) {
  const Endpoint remote{ip(is_v4_ ? "192.0.2.1" : "2001:db8::1"), 80};
  const auto body = [&] {
    begin(default_relay_config());
    expect_unreachable(*bench_, {guest_, 40000}, remote, gateway_);
    return HasFailure() ? 1 : 0;
  };
  try {
    EXPECT_EQ(os::Child::start(body, CLONE_NEWUSER | CLONE_NEWNET).wait().status(), 0);
  } catch (const base::SystemError& error) {
    GTEST_SKIP() << "no network namespace of its own: " << error.what();
  }
}

TEST_P(TcpRelayTest, SegmentsOfNobodyAreReset) {
  GuestEnd guest = guest_end();
  listen(guest);
  guest.acknowledges();
  bench_->turns();
  EXPECT_TRUE(guest.is_reset);
  guest.is_reset = false;
  guest.resets();
  bench_->turns();
  EXPECT_FALSE(guest.is_reset);
}

TEST_P(TcpRelayTest, ABadChecksumIsDropped) {
  test::Frame frame = test::syn_frame({guest_, 40000}, {gateway_, listener_->port()});
  frame.back() ^= std::byte{1};
  bench_->takes(std::move(frame));
  EXPECT_EQ(bench_->counters.get(Counter::kTcpBadChecksum), 1U);
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

TEST_P(TcpRelayTest, NamesAreAskedFromTheNextServerWhenTheFirstRefuses) {
  const uint16_t closed = HostSocket::bound(Transport::kTcp, loopback_).port();
  bench_->relay->set_dns_upstreams({{loopback_, closed}, {loopback_, listener_->port()}});
  GuestEnd guest(*bench_, {guest_, 40000}, {dns_, 53});
  const HostSocket server = opens(guest);
  guest_sends(guest, server, "query");
  host_sends(guest, server, "answer");
}

TEST_P(TcpRelayTest, NamesAreRefusedWhenNoServerCanBeReached) {
  const uint16_t closed = HostSocket::bound(Transport::kTcp, loopback_).port();
  bench_->relay->set_dns_upstreams({{loopback_, closed}, {loopback_, closed}});
  GuestEnd guest(*bench_, {guest_, 40000}, {dns_, 53});
  listen(guest);
  guest.connects();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.is_reset; }));
}

// --- bytes ---

TEST_P(TcpRelayTest, BytesArriveAsTheyWereSentBothWaysAtOnce) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  std::minstd_rand random(7);
  guest.stream = noise(3'000'000);
  const std::string down = noise(3'000'001);
  std::string up;
  size_t written = 0;
  EXPECT_TRUE(bench_->turns_until([&] {
    guest.pushes(GetParam().has_offloads ? 1 + random() % 30'000 : 1 + random() % 1400);
    bench_->turns();
    const size_t piece = 1 + random() % 100'000;
    written += write_now(host, std::string_view(down).substr(written, piece));
    up += read_now(host, 1 + random() % 200'000);
    return up.size() == guest.stream.size() && guest.received.size() == down.size();
  }));
  EXPECT_TRUE(up == guest.stream);
  EXPECT_TRUE(guest.received == down);
}

// As behind a bridge whose frames are forwarded by several processors.
TEST_P(TcpRelayTest, SegmentsThatChangePlacesNeedNotBeSentAgain) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest.stream = noise(400'000);
  std::minstd_rand random(5);
  std::string got;
  EXPECT_TRUE(bench_->turns_until([&] {
    guest.pushes_backwards(1 + random() % 20, random() % 2 == 0);
    bench_->turns();
    got += read_now(host);
    return got.size() == guest.stream.size();
  }));
  EXPECT_TRUE(got == guest.stream);
  bench_->turns_until_quiet();
  EXPECT_EQ(guest.acknowledged, guest.stream.size());
  EXPECT_EQ(bench_->relay->bytes_in_use(), 0U);
}

// More gaps than are kept, a host that is slow: what is missing is asked for, nothing is lost.
TEST_P(TcpRelayTest, WhatIsNotKeptIsSentAgain) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest.stream = noise(300'000);
  std::minstd_rand random(6);
  std::string got;
  EXPECT_TRUE(bench_->turns_until([&] {
    guest.pushes_backwards(1 + random() % 60, random() % 2 == 0);
    bench_->turns();
    guest.goes_back();
    got += read_now(host, 1 + random() % 50'000);
    return got.size() == guest.stream.size();
  }));
  EXPECT_TRUE(got == guest.stream);
}

TEST_P(TcpRelayTest, ASlowHostStopsTheGuestAndLosesNothing) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest.stream = noise(20'000'000);
  size_t stalled_at = 0;
  EXPECT_TRUE(bench_->turns_until([&] {
    const size_t before = guest.sent;
    guest.pushes();
    bench_->turns_until_quiet();
    stalled_at = guest.sent;
    return guest.sent == before;
  }));
  EXPECT_LT(stalled_at, guest.stream.size());
  EXPECT_EQ(guest.peer_window, 0U);
  EXPECT_LE(bench_->relay->bytes_in_use(), size_t{2} << 20);
  std::string got;
  EXPECT_TRUE(bench_->turns_until([&] {
    got += read_now(host);
    guest.pushes();
    return got.size() == guest.stream.size();
  }));
  EXPECT_TRUE(got == guest.stream);
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->bytes_in_use(), 0U);
}

TEST_P(TcpRelayTest, ASlowGuestIsProbedAndLosesNothing) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest.window = 0;
  guest.acknowledges();
  const std::string text = noise(50'000);
  size_t written = write_now(host, text);
  EXPECT_TRUE(bench_->turns_until([&] { return guest.probes > 0; }));
  EXPECT_EQ(guest.received, "");
  guest.window = 1 << 20;
  guest.acknowledges();
  EXPECT_TRUE(bench_->turns_until([&] {
    written += write_now(host, std::string_view(text).substr(written));
    return guest.received.size() == text.size();
  }));
  EXPECT_TRUE(guest.received == text);
}

// recv() stops in front of the urgent byte, and no new edge tells of what is behind it.
TEST_P(TcpRelayTest, UrgentBytesComeInLine) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  write_now(host, "before");
  write_now(host, "!", MSG_OOB);
  write_now(host, "behind");
  EXPECT_TRUE(bench_->turns_until([&] { return guest.received == "before!behind"; }));
}

// Crumbs that the guest does not acknowledge must not take the memory of all flows.
TEST_P(TcpRelayTest, TheMemoryOfOneFlowIsLimited) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  const int no_delay = 1;
  ::setsockopt(host.number(), IPPROTO_TCP, 1, &no_delay, sizeof no_delay);
  guest.is_silent = true;
  std::string text = noise(3000);
  for (const char& c : text) {
    write_now(host, {&c, 1});
    bench_->loop.run_once(base::now());
  }
  EXPECT_LE(bench_->relay->bytes_in_use(), (size_t{4} << 20) + BufferPool::kLargeBytes);
  guest.is_silent = false;
  bench_->turns();
  guest.acknowledges();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.received.size() == text.size(); }));
  EXPECT_EQ(guest.received, text);
}

// --- ends ---

TEST_P(TcpRelayTest, TheGuestMayFinishFirst) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest_sends(guest, host, "last words");
  guest.finishes();
  EXPECT_TRUE(bench_->turns_until([&] { return end_of(host) == 0; }));
  host_sends(guest, host, "so be it");
  ::shutdown(host.number(), SHUT_WR);
  EXPECT_TRUE(bench_->turns_until([&] { return guest.peer_finished; }));
  bench_->turns_until_quiet();
  EXPECT_FALSE(guest.is_reset);
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

TEST_P(TcpRelayTest, TheHostMayFinishFirst) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  host_sends(guest, host, "last words");
  ::shutdown(host.number(), SHUT_WR);
  EXPECT_TRUE(bench_->turns_until([&] { return guest.peer_finished; }));
  guest_sends(guest, host, "so be it");
  guest.finishes();
  EXPECT_TRUE(bench_->turns_until([&] { return end_of(host) == 0; }));
  EXPECT_FALSE(guest.is_reset);
}

TEST_P(TcpRelayTest, AResetOfTheGuestResetsTheHost) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  guest.resets();
  EXPECT_TRUE(bench_->turns_until([&] { return end_of(host) == -ECONNRESET; }));
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

TEST_P(TcpRelayTest, AResetOfTheHostResetsTheGuest) {
  GuestEnd guest = guest_end();
  HostSocket host = opens(guest);
  close_with_reset(host);
  EXPECT_TRUE(bench_->turns_until([&] { return guest.is_reset; }));
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->flow_count(), 0U);
}

// As a server does that answers before it has read the whole request.
TEST_P(TcpRelayTest, AnAnswerInFrontOfAResetStillArrives) {
  GuestEnd guest = guest_end();
  HostSocket host = opens(guest);
  guest.stream = "a request that nobody reads";
  guest.pushes();
  bench_->turns_until_quiet();
  write_now(host, "413 Content Too Large");
  host.closes();
  guest.stream += ", and more of it";
  guest.pushes();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.is_reset; }));
  EXPECT_EQ(guest.received, "413 Content Too Large");
}

TEST_P(TcpRelayTest, AHostThatLeavesAfterItsEndResetsTheGuest) {
  GuestEnd guest = guest_end();
  HostSocket host = opens(guest);
  host.closes();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.peer_finished; }));
  guest.stream = "to nobody";
  guest.pushes();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.is_reset; }));
}

// What was acknowledged to the guest is owed to the host, also after the guest's side has closed.
TEST_P(TcpRelayTest, BytesThatAreHeldOutliveTheGuestsSide) {
  GuestEnd guest = guest_end();
  const HostSocket host = opens(guest);
  host_sends(guest, host, "so that a round trip has been measured");
  const std::string text = noise(20'000'000);
  EXPECT_TRUE(bench_->turns_until([&] {
    guest.stream.append(text, guest.stream.size(), 100'000);
    guest.pushes();
    bench_->turns_until_quiet();
    return bench_->relay->bytes_in_use() > 0;
  }));
  ASSERT_EQ(guest.acknowledged, guest.stream.size());
  guest.finishes();
  bench_->turns_until_quiet();
  ::shutdown(host.number(), SHUT_WR);
  EXPECT_TRUE(bench_->turns_until([&] { return guest.peer_finished; }));
  bench_->turns_for(600ms);  // past every timer that was set on the way
  std::string got;
  EXPECT_TRUE(bench_->turns_until([&] {
    got += read_now(host);
    return got.size() >= guest.stream.size();
  }));
  EXPECT_TRUE(got == guest.stream);
  EXPECT_TRUE(bench_->turns_until([&] { return end_of(host) == 0; }));
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->bytes_in_use(), 0U);
}

TEST_P(TcpRelayTest, APortIsUsedAgainOutOfTimeWait) {
  GuestEnd guest = guest_end();
  HostSocket host = opens(guest);
  host.closes();
  EXPECT_TRUE(bench_->turns_until([&] { return guest.peer_finished; }));
  guest.finishes();
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->flow_count(), 1U);  // in TIME-WAIT
  GuestEnd again(*bench_, {guest_, 40000}, {gateway_, listener_->port()}, 100'000);
  const HostSocket second = opens(again);
  guest_sends(again, second, "again");
  EXPECT_EQ(bench_->relay->flow_count(), 1U);
  EXPECT_EQ(bench_->counters.get(Counter::kTcpFlowsOpened), 2U);
}

TEST_P(TcpRelayTest, HalfClosedFlowsAreReaped) {
  const base::Time long_ago = base::now() - 3h;
  GuestEnd guest = guest_end();
  listen(guest);
  guest.connects(long_ago);
  EXPECT_TRUE(bench_->turns_until([&] { return guest.is_open; }));
  const HostSocket host = listener_->accepts();
  guest.acknowledges(long_ago);
  guest.finishes(long_ago);
  EXPECT_TRUE(bench_->turns_until([&] { return bench_->relay->flow_count() == 0; }));
  EXPECT_TRUE(guest.is_reset);
  EXPECT_EQ(bench_->counters.get(Counter::kTcpFlowsReaped), 1U);
  EXPECT_EQ(end_of(host), 0);
}

}  // namespace
}  // namespace nsrun::dataplane
