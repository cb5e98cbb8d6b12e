// SPDX-License-Identifier: Apache-2.0
//
// A listener whose socket is shared with somebody who shuts it down. To destroy it (SOCK_DESTROY)
// is the same for TCP: it listens no longer.
#include "dataplane/tcp_listener.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>

#include "os/socket_address.hh"
#include "os/stream_socket.hh"
#include "support/relay_bench.hh"

namespace nsrun::dataplane {
namespace {

base::Fd tcp_listener() { return os::listen_on({wire::kLoopbackV4, 0}).socket; }

// At an address that the kernel chooses (unix(7), autobind).
base::Fd unix_listener() {
  base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un none{.sun_family = AF_UNIX, .sun_path = {}};
  base::check("bind",
              bind(socket.number(), reinterpret_cast<sockaddr*>(&none), sizeof none.sun_family));
  base::check("listen", listen(socket.number(), 16));
  return socket;
}

class TcpListenerTest : public testing::Test {
 protected:
  void listens(base::Fd socket) {
    others_ = base::duplicate(socket);
    listener_.emplace(loop_, "listener", std::move(socket), "at home",
                      [](base::Fd, const wire::Endpoint&, base::Time) {});
  }

  // One warning, and nothing to be woken up for any more.
  void is_closed_when_others_shut_it_down(int how) {
    testing::internal::CaptureStderr();
    shutdown(others_.number(), how);
    const base::Time latest = base::now() + std::chrono::seconds(20);
    while (listener_->is_watching() && base::now() < latest) turn();
    turn();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_FALSE(listener_->is_watching());
    EXPECT_NE(log.find("at home is closed"), std::string::npos) << log;
    EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
  }

  void turn() { loop_.run_once(base::now() + std::chrono::milliseconds(1)); }

  loop::Loop loop_;
  base::Fd others_;
  std::optional<TcpListener> listener_;
};

TEST_F(TcpListenerTest, OfTcpIsClosedWhenOthersShutItDown) {
  listens(tcp_listener());
  is_closed_when_others_shut_it_down(SHUT_RDWR);
}

TEST_F(TcpListenerTest, OfAUnixSocketIsClosedWhenOthersShutItDown) {
  listens(unix_listener());
  is_closed_when_others_shut_it_down(SHUT_RDWR);
}

// That is no hang-up.
TEST_F(TcpListenerTest, OfAUnixSocketIsClosedWhenOthersShutItDownForReading) {
  listens(unix_listener());
  is_closed_when_others_shut_it_down(SHUT_RD);
}

TEST_F(TcpListenerTest, IsClosedWhileItWaitsForDescriptors) {
  listens(tcp_listener());
  const base::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto to = os::SocketAddress::from(os::local_endpoint(others_));
  ASSERT_EQ(connect(client.number(), to.get(), to.length), 0);
  testing::internal::CaptureStderr();
  {
    const test::NoDescriptors lack;
    turn();
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("have to wait"), std::string::npos) << log;
  is_closed_when_others_shut_it_down(SHUT_RDWR);
}

}  // namespace
}  // namespace nsrun::dataplane
