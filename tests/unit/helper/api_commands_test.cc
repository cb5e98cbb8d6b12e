// SPDX-License-Identifier: Apache-2.0
//
// The two threads of a helper at once: commands of the API and changes of the name servers in one,
// the guest's traffic in the other. What a data race is, ThreadSanitizer says (tools/test.sh).
#include "helper/api_commands.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "helper/data_plane_thread.hh"
#include "support/host_socket.hh"
#include "support/running_data_plane.hh"

namespace nsrun::helper {
namespace {

using namespace test;

class ApiCommandsTest : public testing::Test {
 protected:
  static rules::PortForward forward(uint16_t host_port) {
    return {wire::Transport::kUdp, {wire::kLoopbackV4, host_port}, {wire::kAnyV4, 80}};
  }

  // Until `done` is set by a callback.
  void iterate_until(const bool& done) {
    while (!done) context_.iterate(true);
  }

  base::Result<int> add(uint16_t port) {
    std::optional<base::Result<int>> answer;
    bool done = false;
    commands_.add_forward(forward(port), [&](const base::Result<int>& given) {
      answer.emplace(given);
      done = true;
    });
    iterate_until(done);
    return *answer;
  }

  size_t count_forwards() {
    size_t count = 0;
    bool done = false;
    commands_.list_forwards([&](const std::vector<control::ForwardEntry>& entries) {
      count = entries.size();
      done = true;
    });
    iterate_until(done);
    return count;
  }

  void set_name_server(const char* address) {
    data_plane_.post([this, servers = std::vector<dns::Upstream>{ip(address)}] {
      data_plane_.set_dns_upstreams(servers);
    });
  }

  FakeGuest guest_;
  dataplane::DataPlane data_plane_{default_config(), guest_.take_tap()};
  forward::Registry registry_{data_plane_};
  control::MainContext context_;
  std::vector<ForwardChange> reports_;
  ApiCommands commands_{context_, data_plane_, registry_, {}, [this](const ForwardChange& change) {
                          reports_.push_back(change);
                        }};
};

TEST_F(ApiCommandsTest, ForwardsAndNameServersChangeUnderTraffic) {
  std::atomic<bool> is_over = false;
  std::atomic<unsigned> answers = 0;
  bool data_plane_ended = false;
  std::optional<DataPlaneThread> thread;
  thread.emplace(data_plane_, [&] { context_.post([&] { data_plane_ended = true; }); });
  std::thread guest([&] {
    while (!is_over) {
      guest_.sends(ping_frame(kGuestV4, kGatewayV4, bytes("there?")));
      if (guest_.receives_traffic().packet().protocol == wire::kProtocolIcmp) ++answers;
    }
  });
  const uint16_t port = HostSocket::bound(wire::Transport::kUdp).port();
  for (int round = 0; round < 200; ++round) {
    const auto id = add(port);
    EXPECT_TRUE(id) << id.error();
    // Told before the answer, and as it was asked for.
    ASSERT_EQ(reports_.size(), 1U);
    EXPECT_EQ(std::get<ForwardAdded>(reports_[0]).id, *id);
    EXPECT_EQ(std::get<ForwardAdded>(reports_[0]).forward, forward(port));
    set_name_server(round % 2 == 0 ? "127.0.0.2" : "127.0.0.3");
    EXPECT_FALSE(add(port));  // taken: the text of the error crosses, too
    EXPECT_EQ(count_forwards(), 1U);
    // One command while another is under way, as two clients give them.
    bool is_removed = false;
    commands_.remove_forward(*id, [&](bool given) { is_removed = given; });
    EXPECT_EQ(count_forwards(), 0U);
    EXPECT_TRUE(is_removed);
    ASSERT_EQ(reports_.size(), 2U) << "a failure is no change";
    EXPECT_EQ(std::get<ForwardRemoved>(reports_[1]).id, *id);
    reports_.clear();
  }
  is_over = true;
  guest.join();
  EXPECT_GT(answers, 0U);
  thread.reset();
  iterate_until(data_plane_ended);
}

}  // namespace
}  // namespace nsrun::helper
