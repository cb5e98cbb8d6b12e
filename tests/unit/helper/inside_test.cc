// SPDX-License-Identifier: Apache-2.0
//
// The process inside of a guest that the test starts.
#include "helper/inside.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "dataplane/inside_words.hh"
#include "guest_fixture.hh"
#include "helper/target_tap.hh"
#include "os/fd_passing.hh"
#include "os/stream_socket.hh"
#include "wire/listener.hh"

namespace nsrun::helper {
namespace {

using dataplane::InsideRequest;

#ifdef SO_NETNS_COOKIE
uint64_t network_of_socket(base::FdView socket) {
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  base::check("read a network's cookie",
              getsockopt(socket.number(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length));
  return cookie;
}
#endif

class InsideTest : public GuestTest {
 protected:
  void SetUp() override {
    GuestTest::SetUp();
    if (IsSkipped()) return;
    tap_ = open_target_tap(options_).fd;
  }

  Inside start() {
    return Inside::start(open_guest_user_namespace(options_.target, tap_), tap_, task_);
  }

  static os::Message answer_to(base::FdView channel, base::Bytes request) {
    os::send_message(channel, request);
    auto answer = os::receive_message(channel);
    return answer ? std::move(*answer) : os::Message{};
  }
  static os::Message answer_to(base::FdView channel, InsideRequest request) {
    return answer_to(channel, base::bytes_of(request));
  }
  static int error_of(const os::Message& answer) {
    int32_t error = -1;
    if (answer.bytes.size() == sizeof error) std::memcpy(&error, answer.bytes.data(), sizeof error);
    return error;
  }

  base::Fd tap_;
  InsideTask task_;
};

TEST_F(InsideTest, MakesSocketsOfTheGuestsNetwork) {
#ifndef SO_NETNS_COOKIE
  GTEST_SKIP() << "these headers do not tell a socket's network";
#else
  Inside inside = start();
  const base::Fd channel = inside.take_channel();
  for (const auto& [request, family] : {std::pair{InsideRequest::kTcpSocketV4, AF_INET},
                                        std::pair{InsideRequest::kTcpSocketV6, AF_INET6}}) {
    const os::Message answer = answer_to(channel, request);
    EXPECT_EQ(error_of(answer), 0);
    ASSERT_EQ(answer.fds.size(), 1U);
    const base::FdView made = answer.fds.front();
    int domain = 0;
    socklen_t length = sizeof domain;
    EXPECT_EQ(getsockopt(made.number(), SOL_SOCKET, SO_DOMAIN, &domain, &length), 0);
    EXPECT_EQ(domain, family);
    const base::Fd own(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_NE(network_of_socket(made), network_of_socket(own));
  }
#endif
}

TEST_F(InsideTest, ListsWhatTheGuestListensOnIfThatIsItsTask) {
  for (const bool is_its_task : {false, true}) {
    task_.lists_listeners = is_its_task;
    Inside inside = start();
    const base::Fd channel = inside.take_channel();
    const auto socket = answer_to(channel, InsideRequest::kTcpSocketV4);
    ASSERT_EQ(socket.fds.size(), 1U);
    // Not bound before: the kernel chooses the port.
    ASSERT_EQ(listen(socket.fds.front().number(), 1), 0);
    const auto answer = answer_to(channel, InsideRequest::kListeners);
    if (!is_its_task) {
      EXPECT_EQ(error_of(answer), EOPNOTSUPP);
      continue;
    }
    const auto listed = wire::decode_listeners(base::Bytes(answer.bytes).subspan(sizeof(int32_t)));
    ASSERT_TRUE(listed.has_value());
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ(listed->front().local, os::local_endpoint(socket.fds.front()));
  }
}

TEST_F(InsideTest, AnswersNonsenseWithAnError) {
  Inside inside = start();
  const base::Fd channel = inside.take_channel();
  EXPECT_EQ(error_of(answer_to(channel, base::bytes_of(char{0}))), EINVAL);
  EXPECT_EQ(error_of(answer_to(channel, base::bytes_of(std::array<char, 300>{}))), EINVAL);
  EXPECT_EQ(error_of(answer_to(channel, InsideRequest::kTcpSocketV4)), 0);
}

TEST_F(InsideTest, EndsWithTheChannel) {
  Inside inside = start();
  const base::Fd witness = os::open_pidfd(inside.pid());
  inside.take_channel().close();
  EXPECT_TRUE(os::ends_by(witness, base::now() + std::chrono::seconds(20)));
}

TEST_F(InsideTest, WithoutATapThereIsNone) {
  const auto [one, other] = os::make_seqpacket_pair();
  Inside inside = Inside::start({}, one, {});
  EXPECT_FALSE(inside.take_channel().is_open());
}

TEST_F(InsideTest, OneThatMayNotEnterEnds) {
  // A file that is no user namespace.
  Inside inside = Inside::start(tap_, tap_, {});
  const base::Fd channel = inside.take_channel();
  EXPECT_FALSE(os::receive_message(channel).has_value());
}

}  // namespace
}  // namespace nsrun::helper
