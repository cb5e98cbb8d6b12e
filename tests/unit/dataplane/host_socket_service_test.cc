// SPDX-License-Identifier: Apache-2.0
//
// Clients of a service behind a Unix socket. The test is the process outside: it hands out one end
// of a socket pair, or says why it cannot.
#include "dataplane/host_socket_service.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include "dataplane/outside_words.hh"
#include "os/fd_passing.hh"
#include "support/host_socket.hh"

namespace nsrun::dataplane {
namespace {

using test::HostSocket;

constexpr uint32_t kNumber = 3;

class HostSocketServiceTest : public testing::Test {
 protected:
  explicit HostSocketServiceTest(base::Duration patience = SpliceRelay::kPatience)
      : spliced_(loop_, patience) {
    auto [ours, theirs] = os::make_seqpacket_pair();
    outside_ = std::move(theirs);
    client_of_outside_.connect(std::move(ours));
    loop_.set_batch_end([this](base::Time) { spliced_.settle(); });
    os::OpenedListener opened = os::listen_on({wire::kLoopbackV4, 0});
    in_guest_ = os::local_endpoint(opened.socket);
    service_.emplace(loop_, spliced_, client_of_outside_, std::move(opened.socket), in_guest_,
                     kNumber);
  }

  HostSocket client() { return HostSocket::connected(wire::Transport::kTcp, in_guest_); }

  void run_until_readable(int number) {
    const base::Time latest = base::now() + std::chrono::seconds(20);
    pollfd entry{number, POLLIN, 0};
    while (poll(&entry, 1, 0) == 0 && base::now() < latest) {
      loop_.run_once(base::now() + std::chrono::milliseconds(5));
    }
    ASSERT_NE(entry.revents, 0);
  }

  void takes_request() {
    ASSERT_NO_FATAL_FAILURE(run_until_readable(outside_.number()));
    const auto message = os::receive_message(outside_);
    HostSocketRequest request;
    ASSERT_TRUE(message && message->bytes.size() == sizeof request);
    std::memcpy(&request, message->bytes.data(), sizeof request);
    EXPECT_EQ(request.number, kNumber);
  }

  void refuses(int32_t error) {
    ASSERT_NO_FATAL_FAILURE(takes_request());
    send_socket_answer(outside_, error, {});
  }

  // The service's end of the connection; it says one word.
  base::Fd accepts(const std::string& word) {
    takes_request();
    std::array<int, 2> pair{-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
    const base::Fd passed(pair[0]);
    base::Fd kept(pair[1]);
    send_socket_answer(outside_, 0, passed);
    EXPECT_EQ(send(kept.number(), word.data(), word.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(word.size()));
    return kept;
  }

  // nullopt: a reset.
  std::optional<std::string> heard_by(const HostSocket& client) {
    run_until_readable(client.number());
    std::array<char, 100> text{};
    const ssize_t count = recv(client.number(), text.data(), text.size(), MSG_DONTWAIT);
    EXPECT_TRUE(count >= 0 || errno == ECONNRESET) << errno;
    return count < 0 ? std::nullopt
                     : std::optional(std::string(text.data(), static_cast<size_t>(count)));
  }

  void serves_in_order(const HostSocket& first, const HostSocket& second) {
    const base::Fd one = accepts("one");
    const base::Fd two = accepts("two");
    EXPECT_EQ(heard_by(first), "one");
    EXPECT_EQ(heard_by(second), "two");
  }

  loop::Loop loop_;
  base::Fd outside_;
  ProcessClient client_of_outside_{loop_, "outside"};
  SpliceRelay spliced_;
  wire::Endpoint in_guest_;
  std::optional<HostSocketService> service_;
};

TEST_F(HostSocketServiceTest, EachClientGetsAConnectionOfItsOwn) {
  const HostSocket first = client();
  const HostSocket second = client();
  serves_in_order(first, second);
}

TEST_F(HostSocketServiceTest, WhereNobodyListensTheClientIsReset) {
  const HostSocket first = client();
  refuses(ECONNREFUSED);
  EXPECT_EQ(heard_by(first), std::nullopt);
  const HostSocket second = client();
  const base::Fd two = accepts("it came later");
  EXPECT_EQ(heard_by(second), "it came later");
}

TEST_F(HostSocketServiceTest, ClientsWaitInTheirOrderForABusyService) {
  const HostSocket first = client();
  refuses(EAGAIN);
  const HostSocket second = client();
  refuses(EAGAIN);
  serves_in_order(first, second);
}

TEST_F(HostSocketServiceTest, NobodyWaitsForAClientThatHasGone) {
  HostSocket first = client();
  refuses(EAGAIN);
  const HostSocket second = client();
  os::linger_with_reset(base::FdView(first.number()));
  first.closes();
  refuses(EAGAIN);
  const base::Fd one = accepts("one");
  EXPECT_EQ(heard_by(second), "one");
}

class ImpatientHostSocketServiceTest : public HostSocketServiceTest {
 protected:
  ImpatientHostSocketServiceTest() : HostSocketServiceTest(std::chrono::milliseconds(100)) {}
};

TEST_F(ImpatientHostSocketServiceTest, WhereItStaysBusyTheClientIsReset) {
  const HostSocket first = client();
  pollfd reset{first.number(), POLLIN, 0};
  pollfd request{outside_.number(), POLLIN, 0};
  for (const base::Time latest = base::now() + std::chrono::seconds(20);
       poll(&reset, 1, 0) == 0 && base::now() < latest;) {
    if (poll(&request, 1, 0) > 0) refuses(EAGAIN);
    loop_.run_once(base::now() + std::chrono::milliseconds(5));
  }
  EXPECT_EQ(heard_by(first), std::nullopt);
  // Nor is anything asked in the name of nobody.
  loop_.run_once(base::now() + std::chrono::milliseconds(50));
  if (poll(&request, 1, 0) > 0) refuses(EAGAIN);
  for (int i = 0; i < 5; ++i) loop_.run_once(base::now() + std::chrono::milliseconds(30));
  EXPECT_EQ(poll(&request, 1, 0), 0);
  const HostSocket second = client();
  refuses(ECONNREFUSED);
  EXPECT_EQ(heard_by(second), std::nullopt);
}

TEST_F(HostSocketServiceTest, WithoutAProcessOutsideAllClientsAreReset) {
  const HostSocket first = client();
  const HostSocket second = client();
  takes_request();
  outside_.close();
  EXPECT_EQ(heard_by(first), std::nullopt);
  EXPECT_EQ(heard_by(second), std::nullopt);
  const HostSocket third = client();
  EXPECT_EQ(heard_by(third), std::nullopt);
}

}  // namespace
}  // namespace nsrun::dataplane
