// SPDX-License-Identifier: Apache-2.0
//
// A whole data plane on a thread of its own, with a fake guest on its TAP.
#pragma once

#include <future>
#include <thread>
#include <utility>

#include "dataplane/data_plane.hh"
#include "support/fake_guest.hh"

namespace nsrun::test {

// The addresses of default_config().
inline const wire::IpAddress kGuestV4 = ip("10.0.2.100");
inline const wire::IpAddress kGuestV6 = ip("fd00::100");
inline const wire::IpAddress kGatewayV4 = ip("10.0.2.2");
inline const wire::IpAddress kGatewayV6 = ip("fd00::2");

inline dataplane::Config default_config() {
  dataplane::Config config;
  config.plan = rules::make_network_plan(rules::kDefaultCidr, rules::kDefaultCidr6).value();
  return config;
}

class RunningDataPlane {
 public:
  explicit RunningDataPlane(const dataplane::Config& config = default_config(),
                            os::TapFeatures features = {true, true})
      : guest(features),
        data_plane_(config, guest.take_tap()),
        thread_([this] { data_plane_.run(); }) {}
  ~RunningDataPlane() {
    if (!thread_.joinable()) return;
    data_plane_.stop();
    thread_.join();
  }

  // On the data plane's thread; waits for the result.
  template <typename Function>
  auto ask(Function function) {
    std::packaged_task<decltype(function(data_plane_))()> task(
        [&] { return function(data_plane_); });
    auto result = task.get_future();
    data_plane_.post([&task] { task(); });
    return result.get();
  }

  uint64_t count(base::Counter counter) {
    return ask([counter](auto& plane) { return plane.counters().get(counter); });
  }

  base::Result<rules::PortForward> add_forward(const rules::PortForward& forward) {
    return ask([&](auto& plane) { return plane.add_forward(forward); });
  }

  // Something that is answered at once comes back as the very next frame: nothing else was sent
  // before it, and everything before it has been looked at.
  void has_sent_nothing_else() {
    guest.sends(ping_frame(kGuestV4, kGatewayV4, bytes("fence")));
    const Arrival arrival = guest.receives_traffic();
    ASSERT_EQ(arrival.parsed.status, wire::ParseStatus::kIp);
    ASSERT_TRUE(arrival.packet().protocol == wire::kProtocolIcmp &&
                arrival.icmp().type() == wire::icmp_v4::kEchoReply)
        << describe_frame(arrival.bytes);
  }

  // Waits for run() to return by itself.
  void ends() { thread_.join(); }

  FakeGuest guest;

 private:
  dataplane::DataPlane data_plane_;
  std::thread thread_;
};

}  // namespace nsrun::test
