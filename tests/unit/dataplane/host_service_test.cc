// SPDX-License-Identifier: Apache-2.0
//
// Clients of a service that is at an address of the host.
#include "dataplane/host_service.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "support/host_socket.hh"

namespace nsrun::dataplane {
namespace {

using test::HostSocket;

// A listener whose queue is full does not answer (listen(2)).
class DeafServer {
 public:
  wire::Endpoint endpoint() const { return {wire::kLoopbackV4, listener_.port()}; }

 private:
  static HostSocket with_room_for_one() {
    HostSocket result = HostSocket::bound(wire::Transport::kTcp);
    base::check("listen", listen(result.number(), 0));
    return result;
  }

  HostSocket listener_ = with_room_for_one();
  HostSocket fills_it_ = HostSocket::connected(wire::Transport::kTcp, endpoint());
};

class HostServiceTest : public testing::Test {
 protected:
  HostServiceTest() {
    loop_.set_batch_end([this](base::Time) { spliced_.settle(); });
  }

  void serve(std::vector<wire::Endpoint> targets) {
    os::OpenedListener opened = os::listen_on({wire::kLoopbackV4, 0});
    const wire::Endpoint in_guest = os::local_endpoint(opened.socket);
    service_.emplace(loop_, spliced_, std::move(opened.socket), in_guest, std::move(targets));
  }
  HostSocket client() { return HostSocket::connected(wire::Transport::kTcp, service_->in_guest()); }
  void run_until_readable(const HostSocket& socket) {
    const base::Time latest = base::now() + std::chrono::seconds(20);
    pollfd entry{socket.number(), POLLIN, 0};
    while (poll(&entry, 1, 0) == 0 && base::now() < latest) {
      loop_.run_once(base::now() + std::chrono::milliseconds(5));
    }
    ASSERT_NE(entry.revents, 0);
  }

  loop::Loop loop_;
  SpliceRelay spliced_{loop_, std::chrono::milliseconds(100)};
  std::optional<HostPortService> service_;
};

TEST_F(HostServiceTest, WhereItNeverAnswersTheClientIsReset) {
  const DeafServer deaf;
  serve({deaf.endpoint()});
  const HostSocket asks = client();
  ASSERT_NO_FATAL_FAILURE(run_until_readable(asks));
  char byte = 0;
  EXPECT_LT(recv(asks.number(), &byte, 1, MSG_DONTWAIT), 0);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(HostServiceTest, ThenTheNextPlaceIsTried) {
  const DeafServer deaf;
  const HostSocket service = HostSocket::bound(wire::Transport::kTcp);
  serve({deaf.endpoint(), {wire::kLoopbackV4, service.port()}});
  const HostSocket asks = client();
  ASSERT_NO_FATAL_FAILURE(run_until_readable(service));
  service.accepts().sends("there");
  ASSERT_NO_FATAL_FAILURE(run_until_readable(asks));
  EXPECT_EQ(asks.receives(), "there");
}

}  // namespace
}  // namespace nsrun::dataplane
