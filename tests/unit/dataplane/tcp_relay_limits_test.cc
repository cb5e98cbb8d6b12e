// SPDX-License-Identifier: Apache-2.0
//
// What TCP flows may take, and what becomes of those that find nothing left.
#include "tcp_relay_fixture.hh"

namespace nsrun::dataplane {
namespace {

using base::Counter;
using namespace std::chrono_literals;

class Lack : public TcpRelayTest {
 protected:
  // Two are refused with one message that says for lack of what.
  void refuses_new_ones(const std::string& lack) {
    testing::internal::CaptureStderr();
    for (const uint16_t port : {uint16_t{40001}, uint16_t{40002}}) {
      GuestEnd guest = guest_end(port);
      listen(guest);
      guest.connects();
      bench_->turns();
      EXPECT_TRUE(guest.is_reset);
    }
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(bench_->counters.get(Counter::kTcpFlowsRefused), 2U);
    EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
    EXPECT_NE(log.find("out of " + lack), std::string::npos) << log;
  }
};

INSTANTIATE_TEST_SUITE_P(TcpRelay, Lack, testing::Values(Variant{true, true}, Variant{false, true}),
                         [](const auto& test) { return test.param.is_v4 ? "IPv4" : "IPv6"; });

TEST_P(Lack, AFullTableRefusesAndGoesOn) {
  TcpRelayConfig config = default_relay_config();
  config.max_flows = 1;
  begin(config);
  GuestEnd first = guest_end(40000);
  const HostSocket host = opens(first);
  refuses_new_ones("flows");
  listen(first);
  guest_sends(first, host, "still here");
}

TEST_P(Lack, AFullTableTakesNewOnesWhenThereIsRoom) {
  TcpRelayConfig config = default_relay_config();
  config.max_flows = 1;
  begin(config);
  GuestEnd first = guest_end(40000);
  HostSocket host = opens(first);
  refuses_new_ones("flows");
  first.resets();
  bench_->turns();
  GuestEnd second = guest_end(40003);
  listen(second);
  const HostSocket other = opens(second);
  guest_sends(second, other, "my turn");
}

TEST_P(Lack, WithoutDescriptorsNewFlowsAreRefusedAndOthersGoOn) {
  GuestEnd first = guest_end(40000);
  const HostSocket host = opens(first);
  testing::internal::CaptureStderr();
  {
    const test::NoDescriptors none;
    GuestEnd second = guest_end(40001);
    listen(second);
    second.connects();
    bench_->turns();
    EXPECT_TRUE(second.is_reset);
    listen(first);
    guest_sends(first, host, "still here");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(bench_->counters.get(Counter::kTcpFlowsRefused), 1U);
  EXPECT_NE(log.find("out of sockets"), std::string::npos) << log;
}

class ManyFlows : public TcpRelayTest {
 protected:
  static constexpr size_t kCap = size_t{8} << 20;
  static constexpr uint16_t kFirstPort = 20'000;

  ManyFlows() {
    TcpRelayConfig config = default_relay_config();
    config.memory_cap_bytes = kCap;
    begin(config);
  }

  // Clients of a published port. Their sockets have small buffers, which pairs of local ones obey.
  void open_to_guests(size_t count) {
    bench_->on_frame = [this](const test::NotedFrame& frame) {
      guests_.at(frame.packet().source_port - kFirstPort).hears(frame);
    };
    for (size_t i = 0; i < count; ++i) {
      const Endpoint client{ip(is_v4_ ? "198.51.100.1" : "2001:db8::1"),
                            static_cast<uint16_t>(kFirstPort + i)};
      const Endpoint server{guest_, 80};
      guests_.emplace_back(*bench_, server, client);
      auto [ours, theirs] = local_pair();
      hosts_.push_back(std::move(theirs));
      bench_->relay->open_to_guest(std::move(ours), {wire::Transport::kTcp, server, client});
      bench_->turns(0ms);
    }
    bench_->turns_until_quiet();
    ASSERT_TRUE(std::ranges::all_of(guests_, [](const GuestEnd& g) { return g.is_open; }));
  }

  static std::pair<base::Fd, HostSocket> local_pair() {
    int fds[2];
    base::check("make a pair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    const int small = 4096;
    for (const int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    return {base::Fd(fds[0]), HostSocket::adopted(base::Fd(fds[1]))};
  }

  std::deque<GuestEnd> guests_;
  std::vector<HostSocket> hosts_;
};

INSTANTIATE_TEST_SUITE_P(TcpRelay, ManyFlows,
                         testing::Values(Variant{true, true}, Variant{false, false}),
                         [](const auto& test) { return test.param.is_v4 ? "IPv4" : "IPv6"; });

TEST_P(ManyFlows, HostsThatReadNothingStayWithinTheCap) {
  constexpr size_t kFlows = 2000;
  open_to_guests(kFlows);
  const std::string text = noise(150'000);
  for (int round = 0; round < 3; ++round) {
    for (GuestEnd& guest : guests_) {
      guest.stream = text;
      guest.goes_back();
      guest.pushes();
      bench_->turns(0ms);
      ASSERT_LE(bench_->relay->bytes_in_use(), kCap + kFlows * BufferPool::kSmallBytes);
    }
  }
  EXPECT_GE(bench_->relay->bytes_in_use(), kCap / 2);
  // One of them begins to read, and gets everything.
  GuestEnd& guest = guests_.front();
  std::string got;
  EXPECT_TRUE(bench_->turns_until([&] {
    guest.goes_back();
    guest.pushes();
    bench_->turns(0ms);
    got += read_now(hosts_.front());
    return got.size() == text.size();
  }));
  EXPECT_TRUE(got == text);
}

TEST_P(ManyFlows, GuestsThatAcknowledgeNothingStayWithinTheCap) {
  constexpr size_t kFlows = 2000;
  open_to_guests(kFlows);
  for (GuestEnd& guest : guests_) guest.is_silent = true;
  const std::string text = noise(30'000);
  std::vector<size_t> written(kFlows);
  const auto hosts_write = [&] {
    for (size_t i = 0; i < kFlows; ++i) {
      written[i] += write_now(hosts_[i], std::string_view(text).substr(written[i]));
    }
  };
  for (int round = 0; round < 4; ++round) {
    hosts_write();
    bench_->turns_until_quiet();
    ASSERT_LE(bench_->relay->bytes_in_use(), kCap + kFlows * BufferPool::kSmallBytes);
  }
  EXPECT_GE(bench_->relay->bytes_in_use(), kCap / 2);
  for (GuestEnd& guest : guests_) guest.is_silent = false;
  for (GuestEnd& guest : guests_) guest.acknowledges();
  EXPECT_TRUE(bench_->turns_until([&] {
    hosts_write();
    return std::ranges::all_of(guests_,
                               [&](const GuestEnd& g) { return g.received.size() == text.size(); });
  }));
  EXPECT_TRUE(
      std::ranges::all_of(guests_, [&](const GuestEnd& guest) { return guest.received == text; }));
  bench_->turns_until_quiet();
  EXPECT_EQ(bench_->relay->bytes_in_use(), 0U);
}

TEST_P(ManyFlows, AnswersOfOneByteTakeSmallSlots) {
  constexpr size_t kFlows = 10'000;
  ASSERT_EQ(::listen(listener_->number(), 1024), 0);
  bench_->on_frame = [this](const test::NotedFrame& frame) {
    guests_.at(frame.packet().destination_port - kFirstPort).hears(frame);
  };
  for (size_t i = 0; i < kFlows; ++i) {
    GuestEnd& guest = guests_.emplace_back(guest_end(static_cast<uint16_t>(kFirstPort + i)));
    guest.is_silent = true;
    guest.connects();
    HostSocket host = listener_->accepts();
    host.sends("!");
    host.closes();
    bench_->turns(0ms);
  }
  EXPECT_TRUE(bench_->turns_until([&] {
    return std::ranges::all_of(guests_, [](const GuestEnd& g) { return g.received == "!"; });
  }));
  EXPECT_EQ(bench_->relay->bytes_in_use(), kFlows * BufferPool::kSmallBytes);
  EXPECT_EQ(bench_->relay->flow_count(), kFlows);
}

}  // namespace
}  // namespace nsrun::dataplane
