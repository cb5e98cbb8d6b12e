// SPDX-License-Identifier: Apache-2.0
//
// Clients that are taken to the loopback. The test is the process inside, and hands out sockets of
// its own network; 127.0.0.77 stands for the guest's own address.
#include "dataplane/guest_loopback.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include "os/fd_passing.hh"
#include "support/host_socket.hh"

namespace nsrun::dataplane {
namespace {

using test::HostSocket;

const wire::IpAddress kOwnV4 = *wire::IpAddress::parse("127.0.0.77");

class GuestLoopbackTest : public testing::Test {
 protected:
  explicit GuestLoopbackTest(base::Duration patience = SpliceRelay::kPatience)
      : spliced_(loop_, patience) {
    auto [ours, theirs] = os::make_seqpacket_pair();
    inside_ = std::move(theirs);
    client_of_inside_.connect(std::move(ours));
    loop_.set_batch_end([this](base::Time) { spliced_.settle(); });
  }

  // What a client hears at last who was refused at this address and port; nothing: a reset.
  std::optional<std::string> answer_to_client(const wire::Endpoint& refused,
                                              const wire::IpAddress& other = {}) {
    const HostSocket listener = HostSocket::bound(wire::Transport::kTcp);
    const HostSocket client =
        HostSocket::connected(wire::Transport::kTcp, {wire::kLoopbackV4, listener.port()});
    base::Fd accepted(accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    os::set_relay_options(accepted);
    loopback_.serve(std::move(accepted), refused, other);
    const base::Time latest = base::now() + std::chrono::seconds(20);
    pollfd entry{client.number(), POLLIN, 0};
    while (poll(&entry, 1, 0) == 0 && base::now() < latest) {
      hand_out_sockets();
      loop_.run_once(base::now() + std::chrono::milliseconds(5));
    }
    char byte = 0;
    const ssize_t count = recv(client.number(), &byte, 1, MSG_DONTWAIT);
    EXPECT_TRUE(count >= 0 || errno == ECONNRESET) << errno;
    return count > 0 ? std::optional(std::string(1, byte)) : std::nullopt;
  }

  static HostSocket server(const wire::IpAddress& address, uint16_t port = 0) {
    return HostSocket::bound(wire::Transport::kTcp, address, port);
  }
  void hand_out_sockets() {
    pollfd entry{inside_.number(), POLLIN, 0};
    while (poll(&entry, 1, 0) > 0 && (entry.revents & POLLIN) != 0) {
      const auto message = os::receive_message(inside_);
      if (!message) return;
      const bool is_v4 =
          static_cast<InsideRequest>(message->bytes.at(0)) == InsideRequest::kTcpSocketV4;
      const base::Fd socket(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
      const base::FdView passed[] = {socket};
      os::send_message(inside_, base::bytes_of(int32_t{0}), passed);
    }
    greet();
  }
  void greet() {
    for (const auto& [server, word] : servers_) {
      const base::Fd accepted(accept4(server->number(), nullptr, nullptr, SOCK_NONBLOCK));
      if (accepted.is_open()) send(accepted.number(), word, 1, MSG_NOSIGNAL);
    }
  }
  // Says one word to whoever comes.
  void listens(const HostSocket& server, const char* word) {
    const timeval at_once{0, 1};  // accept4() must not wait: SOCK_NONBLOCK is the accepted one's
    setsockopt(server.number(), SOL_SOCKET, SO_RCVTIMEO, &at_once, sizeof at_once);
    servers_.emplace_back(&server, word);
  }

  loop::Loop loop_;
  base::Fd inside_;
  InsideClient client_of_inside_{loop_};
  SpliceRelay spliced_;
  GuestLoopback loopback_{client_of_inside_, spliced_};
  std::vector<std::pair<const HostSocket*, const char*>> servers_;
};

TEST_F(GuestLoopbackTest, AServiceOfTheClientsFamilyIsReached) {
  const HostSocket service = server(wire::kLoopbackV4);
  listens(service, "4");
  EXPECT_EQ(answer_to_client({kOwnV4, service.port()}), "4");
}

TEST_F(GuestLoopbackTest, ThenOneOfTheOther) {
  const HostSocket service = server(wire::kLoopbackV4);
  listens(service, "4");
  const wire::Endpoint refused{wire::kLoopbackV6, service.port()};
  EXPECT_EQ(answer_to_client(refused, kOwnV4), "4");
  EXPECT_EQ(answer_to_client(refused), std::nullopt) << "the guest has no other address";
}

TEST_F(GuestLoopbackTest, WithoutAServiceTheClientIsReset) {
  const HostSocket service = server(wire::kLoopbackV4);
  shutdown(service.number(), SHUT_RDWR);  // keeps the port, listens no longer
  EXPECT_EQ(answer_to_client({kOwnV4, service.port()}), std::nullopt);
}

TEST_F(GuestLoopbackTest, AServiceOfAllAddressesIsLeftAlone) {
  const HostSocket service = server(wire::IpAddress::v4(0));
  listens(service, "4");
  EXPECT_EQ(answer_to_client({kOwnV4, service.port()}), std::nullopt);
}

class ImpatientGuestLoopbackTest : public GuestLoopbackTest {
 protected:
  ImpatientGuestLoopbackTest() : GuestLoopbackTest(std::chrono::milliseconds(100)) {}
};

TEST_F(ImpatientGuestLoopbackTest, WhereTheServiceNeverAnswersTheClientIsReset) {
  const HostSocket service = server(wire::kLoopbackV4);
  ASSERT_EQ(listen(service.number(), 0), 0);  // full, with one
  const wire::Endpoint target{wire::kLoopbackV4, service.port()};
  const HostSocket fills_it = HostSocket::connected(wire::Transport::kTcp, target);
  EXPECT_EQ(answer_to_client({kOwnV4, service.port()}), std::nullopt);
  EXPECT_EQ(spliced_.pair_count(), 0U);
}

TEST_F(GuestLoopbackTest, WithoutAProcessInsideTheClientIsReset) {
  const HostSocket service = server(wire::kLoopbackV4);
  inside_.close();
  loop_.run_once(base::now() + std::chrono::seconds(20));
  EXPECT_EQ(answer_to_client({kOwnV4, service.port()}), std::nullopt);
}

}  // namespace
}  // namespace nsrun::dataplane
