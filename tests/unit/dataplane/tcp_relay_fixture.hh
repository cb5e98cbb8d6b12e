// SPDX-License-Identifier: Apache-2.0
//
// A TCP relay on the bench, and the host's end of its flows: real sockets on loopback that never
// wait, since one thread plays everybody. Counts descriptors when the test is over.
#pragma once

#include <random>

#include "support/guest_end.hh"
#include "support/host_socket.hh"

namespace nsrun::dataplane {

using test::GuestEnd;
using test::HostSocket;
using test::ip;
using wire::Endpoint;
using wire::Transport;

struct Variant {
  bool is_v4;
  bool has_offloads;
};

inline TcpRelayConfig default_relay_config() {
  TcpRelayConfig config;
  config.plan = rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();
  return config;
}

// What is there now.
inline std::string read_now(const HostSocket& socket, size_t most = 1 << 20) {
  std::string text(most, '\0');
  const ssize_t count = ::recv(socket.number(), text.data(), text.size(), MSG_DONTWAIT);
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return text;
}

inline size_t write_now(const HostSocket& socket, std::string_view text, int flags = 0) {
  const ssize_t count =
      ::send(socket.number(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL | flags);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

// 0 at the end of the stream, -errno; 1 while there is neither.
inline int end_of(const HostSocket& socket) {
  char ignored = 0;
  const ssize_t count = ::recv(socket.number(), &ignored, 1, MSG_DONTWAIT);
  if (count == 0) return 0;
  return count < 0 && errno != EAGAIN ? -errno : 1;
}

inline void close_with_reset(HostSocket& socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.closes();
}

inline std::string noise(size_t size) {
  std::string text(size, '\0');
  std::minstd_rand random(static_cast<unsigned>(size));
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

struct OneGuest final : LinkDirectory {
  LinkPair link_for(const wire::IpAddress&, const wire::IpAddress&) const noexcept override {
    return {guest_mac, test::kGatewayMac};
  }
  wire::MacAddress guest_mac = test::kGuestMac;
};

class TcpRelayTest : public testing::TestWithParam<Variant> {
 protected:
  TcpRelayTest() {
    begin(default_relay_config());
    listener_.emplace(HostSocket::bound(Transport::kTcp, loopback_));
  }
  ~TcpRelayTest() override {
    bench_.reset();
    listener_.reset();
    EXPECT_EQ(test::open_descriptors(), descriptors_before_);
  }

  void begin(const TcpRelayConfig& config) {
    bench_.reset();
    bench_.emplace(GetParam().has_offloads,
                   [&](loop::Loop& loop, FrameSink& sink, base::Counters& counters) {
                     return std::make_unique<TcpRelay>(loop, sink, links_, counters, config);
                   });
  }

  // A connection of the guest to the listener, through the gateway.
  GuestEnd guest_end(uint16_t port = 40000) {
    return {*bench_, {guest_, port}, {gateway_, listener_->port()}};
  }
  void listen(GuestEnd& guest) {
    bench_->on_frame = [&guest](const test::NotedFrame& frame) { guest.hears(frame); };
  }
  HostSocket opens(GuestEnd& guest) {
    listen(guest);
    guest.connects();
    EXPECT_TRUE(bench_->turns_until([&] { return guest.is_open; }));
    bench_->turns_until_quiet();
    return listener_->accepts();
  }
  void host_sends(GuestEnd& guest, const HostSocket& host, std::string_view text) {
    const std::string before = guest.received;
    for (size_t done = 0; done < text.size();) {
      done += write_now(host, text.substr(done));
      bench_->turns();
    }
    EXPECT_TRUE(bench_->turns_until([&] { return guest.received == before + std::string(text); }));
  }
  void guest_sends(GuestEnd& guest, const HostSocket& host, const std::string& text) {
    guest.stream += text;
    std::string got;
    EXPECT_TRUE(bench_->turns_until([&] {
      guest.pushes();
      bench_->turns();
      got += read_now(host);
      return got.size() >= text.size();
    }));
    EXPECT_EQ(got, text);
  }

  const bool is_v4_ = GetParam().is_v4;
  const wire::IpAddress guest_ = ip(is_v4_ ? "10.0.2.100" : "fd00::100");
  const wire::IpAddress gateway_ = ip(is_v4_ ? "10.0.2.2" : "fd00::2");
  const wire::IpAddress dns_ = ip(is_v4_ ? "10.0.2.3" : "fd00::3");
  const wire::IpAddress loopback_ = is_v4_ ? wire::kLoopbackV4 : wire::kLoopbackV6;
  const size_t descriptors_before_ = test::open_descriptors();
  OneGuest links_;
  std::optional<test::TcpBench> bench_;
  std::optional<HostSocket> listener_;
};

}  // namespace nsrun::dataplane
