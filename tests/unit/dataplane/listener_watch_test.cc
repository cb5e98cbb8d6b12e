// SPDX-License-Identifier: Apache-2.0
//
// The watch, with the test in the place of the process inside.
#include "dataplane/listener_watch.hh"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>

#include "base/time.hh"
#include "os/fd_passing.hh"

namespace nsrun::dataplane {
namespace {

using wire::Listener;

class ListenerWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    auto [ours, theirs] = os::make_seqpacket_pair();
    inside_ = std::move(theirs);
    client_.connect(std::move(ours));
    watch_.start([this](const auto& listeners) { lists_.push_back(listeners); });
  }

  bool is_asked() const {
    pollfd entry{inside_.number(), POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
  }
  void run_until(const std::function<bool()>& condition) {
    const base::Time latest = base::now() + std::chrono::seconds(20);
    while (!condition() && base::now() < latest) loop_.run_once(latest);
    ASSERT_TRUE(condition());
  }
  void answers(int32_t error, std::span<const Listener> listeners = {}) {
    run_until([&] { return is_asked(); });
    EXPECT_EQ(os::receive_message(inside_)->bytes.at(0), std::byte{3});
    std::vector<std::byte> answer(sizeof error);
    std::memcpy(answer.data(), &error, sizeof error);
    const auto list = wire::encode_listeners(listeners);
    answer.insert(answer.end(), list.begin(), list.end());
    os::send_message(inside_, answer);
  }

  const std::vector<Listener> some_{{wire::Transport::kTcp, {wire::kAnyV4, 3000}}};
  loop::Loop loop_;
  base::Fd inside_;
  InsideClient client_{loop_};
  ListenerWatch watch_{loop_, client_};
  std::vector<std::vector<Listener>> lists_;
};

TEST_F(ListenerWatchTest, EachListIsHandedOn) {
  answers(0, some_);
  answers(0);
  run_until([&] { return lists_.size() == 2; });
  EXPECT_EQ(lists_[0], some_);
  EXPECT_TRUE(lists_[1].empty());
}

TEST_F(ListenerWatchTest, AFailureIsNoList) {
  answers(EMFILE);
  answers(0, some_);
  run_until([&] { return !lists_.empty(); });
  ASSERT_EQ(lists_.size(), 1U);
  EXPECT_EQ(lists_[0], some_);
}

}  // namespace
}  // namespace nsrun::dataplane
